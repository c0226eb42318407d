import ApusCore
import ApusLayers

/// A node with what its kernel does in its own pass over the result: batch norm by constants, a sum, an activation, in this order.
struct FusedNode {
  let node: Graph.Node
  /// Behind a convolution.
  var norm: Graph.Node?
  var residual: Graph.ValueID?
  /// Of a convolution any, of other nodes ReLU.
  var activation: ActivationFunction?
  var output: Graph.ValueID
}

extension Graph {
  /// The nodes in an order in which they can run, each fused with what follows it where nobody else reads what lies between. Of a
  /// sum's two operands the later one takes the sum into its kernel, since the other must be there before. Each stage rounds as by
  /// itself, so the bits are those of the nodes apart.
  func fused() -> [FusedNode] { Fusion(self).result() }
}

private struct Fusion {
  let graph: Graph
  let readers: [[Int]]
  var fused: [FusedNode?]
  /// Where a value that may still take something into its kernel is made.
  var open: [Graph.ValueID: Int] = [:]
  /// Where each value is made; −1: before the first node.
  var made: [Int]

  init(_ graph: Graph) {
    self.graph = graph
    readers = graph.readers
    fused = Array(repeating: nil, count: graph.nodes.count)
    made = Array(repeating: -1, count: graph.values.count)
  }

  consuming func result() -> [FusedNode] {
    for (place, node) in graph.nodes.enumerated() {
      switch node.operation {
      case .batchNorm where absorbNorm(node): continue
      case .binary(.add) where absorbSum(node): continue
      case .activation(let function) where absorbActivation(node, function): continue
      case .convolution, .linear, .batchNorm, .groupNorm, .layerNorm: open[node.output] = place
      default: break
      }
      fused[place] = FusedNode(node: node, output: node.output)
      made[node.output] = place
    }
    return fused.compactMap { $0 }
  }

  /// Where a value is made that takes more into its kernel: nobody but the node in question reads it.
  private func place(of value: Graph.ValueID) -> Int? {
    guard let place = open[value], readers[value].count == 1, !graph.outputs.contains(value),
      fused[place]!.activation == nil
    else {
      return nil
    }
    return place
  }

  private mutating func absorb(_ node: Graph.Node, at place: Int, _ change: (inout FusedNode) -> Void) -> Bool {
    change(&fused[place]!)
    fused[place]!.output = node.output
    open[node.output] = place
    made[node.output] = place
    return true
  }

  private mutating func absorbNorm(_ node: Graph.Node) -> Bool {
    guard let place = place(of: node.inputs[0]), case .convolution = fused[place]!.node.operation,
      fused[place]!.norm == nil, fused[place]!.residual == nil,
      node.inputs.dropFirst().allSatisfy({ graph.constant($0) != nil }),
      graph.shape(of: node.inputs[1]).elementCount == graph.shape(of: fused[place]!.node.inputs[1]).last
    else { return false }
    return absorb(node, at: place) { $0.norm = node }
  }

  private mutating func absorbSum(_ node: Graph.Node) -> Bool {
    let (a, b) = (node.inputs[0], node.inputs[1])
    guard graph.shape(of: a) == graph.shape(of: b) else { return false }
    let candidates = [(a, b), (b, a)].compactMap { value, other -> (place: Int, other: Graph.ValueID)? in
      guard let place = place(of: value), fused[place]!.residual == nil, made[other] < place else { return nil }
      if case .linear = fused[place]!.node.operation { return nil }
      return (place, other)
    }
    guard let latest = candidates.max(by: { $0.place < $1.place }) else { return false }
    return absorb(node, at: latest.place) { $0.residual = latest.other }
  }

  private mutating func absorbActivation(_ node: Graph.Node, _ function: ActivationFunction) -> Bool {
    guard let place = place(of: node.inputs[0]) else { return false }
    if case .convolution = fused[place]!.node.operation {} else if function != .relu { return false }
    return absorb(node, at: place) { $0.activation = function }
  }
}
