import ApusSupport
import Synchronization

/// The operations of one `valueWithGradients`, in order. A node is the pullback that the operation handed over, with what it saved
/// captured; nothing else here knows the operation.
package final class Tape {
  /// Gradients of up to four inputs, `nil` where none flows. Fixed size: no array is allocated an operation.
  typealias Cotangents = (Tensor?, Tensor?, Tensor?, Tensor?)

  /// The pullback of a pending operation. `present`: the gradient that the first input has so far, from operations after this one;
  /// a pullback that adds to it in place returns the sum and leaves `nil` there.
  typealias PendingPullback = (_ gradient: consuming Tensor, _ needs: Needs, _ present: inout Tensor?) -> Cotangents

  /// From the gradient of the output to those of the inputs. A case a number of inputs: no closure is wrapped in another.
  private enum Pullback {
    case leaf
    case one((_ gradient: consuming Tensor) -> Tensor)
    case two((_ gradient: consuming Tensor, _ needs: Needs) -> (Tensor?, Tensor?))
    case four(PendingPullback)
    case many([Int32], (_ gradient: Tensor) -> [Tensor?])
  }

  private struct Node {
    var inputs: SIMD4<Int32>  // −1: a constant
    var pullback: Pullback
  }

  /// Which inputs of a node want a gradient.
  package struct Needs {
    let inputs: SIMD4<Int32>
    package subscript(index: Int) -> Bool { inputs[index] >= 0 }
  }

  let number: UInt32
  private var nodes: [Node] = []
  /// While a step is planned: the account of memory, and the operation of each node.
  private let account = ThreadContext.ofThread?.plannedMemory
  private var plannedOperations: [Int] = []
  private var leaves: [(parameter: Parameter, tensor: Tensor)] = []
  private var inputLeaves: [Int32] = []
  /// By node: who wants to see its gradient.
  private var watchers: [Int32: [(Tensor) -> Void]] = [:]

  // Relaxed: the numbers must differ, they order nothing.
  private static let numbers = Atomic<UInt32>(1)

  init() {
    number = Tape.numbers.wrappingAdd(1, ordering: .relaxed).oldValue
    nodes.reserveCapacity(64)
  }

  // MARK: Recording

  /// The tape to record on if one of the operands is recorded. Traps where a recorded tensor is used outside its scope.
  package static func recording(_ a: borrowing Tensor) -> Tape? {
    a.body.node < 0 ? nil : tape(of: a.body)
  }

  package static func recording(_ a: borrowing Tensor, _ b: borrowing Tensor) -> Tape? {
    if a.body.node >= 0, let tape = tape(of: a.body) {
      tape.check(b.body)
      return tape
    }
    return recording(b)
  }

  package static func recording(_ tensors: [Tensor]) -> Tape? {
    var found: Tape?
    for tensor in tensors where tensor.body.node >= 0 { found = tape(of: tensor.body) }
    return found
  }

  private static func tape(of body: TensorBody) -> Tape? {
    guard let scope = Scope.current else { misuse() }
    switch scope.mode {
    case .recording(let tape):
      tape.check(body)
      return tape
    case .backward: return nil
    case .plain: misuse()
    }
  }

  private func check(_ body: TensorBody) {
    if body.node >= 0 && body.tape != number { Tape.misuse() }
  }

  /// Traps where a recorded operation would run outside its scope.
  static func requireCurrent(_ tape: Tape) {
    switch Scope.current?.mode {
    case .recording(let current) where current === tape: return
    case .backward: return
    default: misuse()
    }
  }

  private static func misuse() -> Never {
    fatalError(
      """
      a tensor recorded by valueWithGradients is used outside its scope: on another thread, after the scope has returned, \
      or in a nested scope; detached() makes a constant of it
      """)
  }

  package func record(_ output: borrowing Tensor, _ a: Int32, _ pullback: @escaping (consuming Tensor) -> Tensor) {
    append(output, [a, -1, -1, -1], .one(pullback))
  }

  package func record(
    _ output: borrowing Tensor, _ a: Int32, _ b: Int32,
    _ pullback: @escaping (consuming Tensor, Needs) -> (Tensor?, Tensor?)
  ) {
    append(output, [a, b, -1, -1], .two(pullback))
  }

  func record(_ output: borrowing Tensor, inputs: [Int32], pullback: @escaping (Tensor) -> [Tensor?]) {
    append(output, [-1, -1, -1, -1], .many(inputs, pullback))
  }

  /// For a pending operation that runs: its body is not a tensor that may be read yet.
  func record(_ body: TensorBody, inputs: SIMD4<Int32>, pullback: @escaping PendingPullback) {
    append(body, inputs, .four(pullback))
  }

  private func append(_ output: borrowing Tensor, _ inputs: SIMD4<Int32>, _ pullback: Pullback) {
    append(output.body, inputs, pullback)
  }

  private func append(_ body: TensorBody, _ inputs: SIMD4<Int32>, _ pullback: Pullback) {
    body.node = Int32(nodes.count)
    body.tape = number
    nodes.append(Node(inputs: inputs, pullback: pullback))
    if let account { plannedOperations.append(account.operation) }
  }

  // MARK: Leaves

  func leaf(for parameter: Parameter, value: Tensor) -> Tensor {
    if parameter.leafTape == number { return leaves[parameter.leafIndex].tensor }
    let tensor = newLeaf(value)
    parameter.leafTape = number
    parameter.leafIndex = leaves.count
    leaves.append((parameter, tensor))
    return tensor
  }

  /// An input whose gradient is wanted.
  func leaf(_ value: Tensor) -> Tensor {
    let tensor = newLeaf(value)
    inputLeaves.append(tensor.body.node)
    return tensor
  }

  /// `look` is called with the gradient of a node, if any flows to it.
  func watch(_ node: Int32, _ look: @escaping (Tensor) -> Void) { watchers[node, default: []].append(look) }

  /// A value inside a model that depends on nothing that is recorded, and whose gradient is wanted: `watch`.
  func innerLeaf(_ value: Tensor) -> Tensor { newLeaf(value) }

  private func newLeaf(_ value: Tensor) -> Tensor {
    let tensor = value.detached()
    append(tensor, [-1, -1, -1, -1], .leaf)
    return tensor
  }

  // MARK: Backward

  /// Runs the tape backwards from a scalar; each node's saved tensors are released as soon as it is done.
  func gradients(of loss: Tensor) -> (parameters: Gradients, inputs: [Tensor?]) {
    var gradients = [Tensor?](repeating: nil, count: nodes.count)
    if loss.body.node >= 0 {
      check(loss.body)
      gradients[Int(loss.body.node)] = .ones(loss.shape, loss.scalarType)
    }
    while let node = nodes.popLast() {
      if case .leaf = node.pullback { continue }
      guard let gradient = gradients[nodes.count] else { continue }
      gradients[nodes.count] = nil
      if !watchers.isEmpty, let waiting = watchers.removeValue(forKey: Int32(nodes.count)) {
        for look in waiting { look(gradient) }
      }
      if let account { account.operation = plannedOperations[nodes.count] }
      switch node.pullback {
      case .leaf: break
      case .one(let pullback): Tape.add(pullback(gradient), to: node.inputs[0], of: &gradients)
      case .two(let pullback):
        let (a, b) = pullback(gradient, Needs(inputs: node.inputs))
        Tape.add(a, to: node.inputs[0], of: &gradients)
        Tape.add(b, to: node.inputs[1], of: &gradients)
      case .four(let pullback):
        var present: Tensor?
        if node.inputs[0] >= 0 { swap(&present, &gradients[Int(node.inputs[0])]) }
        let (a, b, c, d) = pullback(gradient, Needs(inputs: node.inputs), &present)
        Tape.add(present, to: node.inputs[0], of: &gradients)
        Tape.add(a, to: node.inputs[0], of: &gradients)
        Tape.add(b, to: node.inputs[1], of: &gradients)
        Tape.add(c, to: node.inputs[2], of: &gradients)
        Tape.add(d, to: node.inputs[3], of: &gradients)
      case .many(let inputs, let pullback):
        for (input, part) in zip(inputs, pullback(gradient)) { Tape.add(part, to: input, of: &gradients) }
      }
    }
    var result = Gradients()
    for (parameter, tensor) in leaves {
      result.add(gradients[Int(tensor.body.node)].map(parameter.masked), for: parameter)
    }
    // Those of leaves, whose gradients are still there.
    for (node, waiting) in watchers {
      if let gradient = gradients[Int(node)] { for look in waiting { look(gradient) } }
    }
    return (result, inputLeaves.map { gradients[Int($0)] })
  }

  private static func add(_ part: consuming Tensor?, to index: Int32, of gradients: inout [Tensor?]) {
    guard index >= 0, let part else { return }
    if let present = gradients[Int(index)] {
      gradients[Int(index)] = nil
      gradients[Int(index)] = present + part
    } else {
      gradients[Int(index)] = part
    }
  }
}
