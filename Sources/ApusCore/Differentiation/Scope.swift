/// What is going on around an operation on this thread: the phase, the tape if gradients are taken, who listens.
package final class Scope: ThreadContext {
  package enum Mode {
    /// Nothing is recorded.
    case plain
    /// Operations are recorded on the tape.
    case recording(Tape)
    /// The tape is being run backwards: its tensors may be used, nothing is recorded.
    case backward
  }

  package var mode: Mode
  package let phase: Phase
  package let key: RandomKey
  /// Inherited from the scope around this one.
  package var precision: Precision
  /// Parameters are read widened to float64, and operands follow.
  var usesDouble: Bool { precision == .float64 }
  /// Values read instead of a parameter's own, by the gradient check's finite differences.
  var overrides: [ObjectIdentifier: Tensor] = [:]
  /// Whether reading a trainable parameter makes it a leaf of the tape: not where only gradients of other things are wanted.
  var recordsParameters = true
  /// Takes each batch norm's statistics while those of a whole set are recomputed.
  package var statistics: WholeSetStatistics?
  /// Keeps or gives what ReLUs and max poolings decide, where float32 and float64 are compared.
  package var decisions: Decisions?

  /// Keeps what running statistics cannot hold; inherited from the scope around this one. `nil`: it stops the program.
  package var stateOverflow: StateOverflow?

  /// The model whose layers run, where whoever opened the scope knows it; inherited from the scope around this one.
  package var model: (any Model)?

  /// The layers that are being called; see `LayerPlaces`.
  var places = LayerPlaces()
  /// The scope around this one: what its layers call may open scopes.
  let outer: Scope?

  private var listeners: [any OperationListener] = []
  private var operationDepth = 0

  private var randomOperations: UInt64 = 0
  private var effects: [(buffer: Buffer, value: Tensor)] = []

  package init(
    mode: Mode, phase: Phase, key: RandomKey, plannedMemory: PlannedMemory? = nil, precision: Precision? = nil
  ) {
    self.mode = mode
    self.phase = phase
    self.key = key
    outer = Scope.current
    self.precision = precision ?? outer?.precision ?? .standard
    stateOverflow = outer?.stateOverflow
    model = outer?.model
    if let outer, outer.isListenedTo { listeners = outer.listeners.filter(\.listensInside) }
    super.init(plannedMemory: plannedMemory)
  }

  package static var current: Scope? {
    // Nothing else is a thread's context.
    ThreadContext.ofThread.map { unsafeDowncast($0, to: Scope.self) }
  }

  /// Whether the tape is being run backwards.
  package var isBackward: Bool { if case .backward = mode { true } else { false } }

  /// The stream of the next random operation: the same for the same position in the same step.
  package func nextRandomStream() -> UInt64 {
    defer { randomOperations += 1 }
    return RandomDomain.dropout | (key.step & 0xFFFF_FFFF) << 20 | (randomOperations & 0xF_FFFF)
  }

  /// Keeps a state update until the scope returns normally.
  package func collect(_ value: Tensor, for buffer: Buffer) {
    if phase.updatesState { effects.append((buffer, value)) }
  }

  /// The latest collected value of a buffer: a layer that runs twice in a step updates twice.
  package func collected(for buffer: Buffer) -> Tensor? {
    effects.last { $0.buffer === buffer }?.value
  }

  func commit() {
    for (buffer, value) in effects { buffer.value = value }
    effects.removeAll()
  }
}

// MARK: Listeners

extension Scope {
  /// Whether anybody listens: operations then keep their operands until they have reported, and reports are made.
  package var isListenedTo: Bool { !listeners.isEmpty }

  /// The layer that runs, the innermost one.
  package var innermostLayer: (any Model)? { places.innermost }

  /// Whether the layer that runs was called by none, neither here nor around this scope.
  package var isOutermostCall: Bool { places.open.count == 1 && !(outer?.isInsideLayer ?? false) }

  private var isInsideLayer: Bool { !places.open.isEmpty || (outer?.isInsideLayer ?? false) }

  /// Calls `look` with the gradient with respect to a tensor when the backward pass comes to it; not where none flows, or the tensor is
  /// not recorded.
  package func watchGradient(of tensor: Tensor, _ look: @escaping (Tensor) -> Void) {
    if case .recording(let tape) = mode, tensor.body.node >= 0 { tape.watch(tensor.body.node, look) }
  }

  /// From now on `listener` is told what runs.
  package func add(_ listener: any OperationListener) { listeners.append(listener) }

  func tell(_ report: OperationReport) {
    for listener in listeners { listener.operationRan(report, in: self) }
  }

  /// The result that the layer's caller gets.
  func tellLayerReturned(_ result: Tensor) -> Tensor {
    var result = result
    for listener in listeners { result = listener.layerReturned(result, in: self) ?? result }
    return result
  }

  func tellParameterWasRead(_ parameter: Parameter) {
    for listener in listeners { listener.parameterWasRead(parameter) }
  }

  func tellForwardEnded() {
    for listener in listeners { listener.forwardEnded() }
  }

  func keepsError(_ error: PlanError) -> Bool {
    var isKept = false
    for listener in listeners where listener.keepsError(error) { isKept = true }
    return isKept
  }

  var isInsideOperation: Bool { operationDepth > 0 }

  func insideOperation(_ body: () -> Tensor) -> Tensor {
    operationDepth += 1
    defer { operationDepth -= 1 }
    return body()
  }
}

/// Runs `body` in a phase of its own, without taking gradients; state updates (phase `.statistics`) are committed when it returns.
///
/// Inside `valueWithGradients` it opens a nested scope: recorded tensors of the outer one may not be used in it.
public func withPhase<Result>(_ phase: Phase, key: RandomKey? = nil, _ body: () throws -> Result) rethrows -> Result {
  try withPhase(phase, key: key, of: nil, body)
}

/// `model`: whose layers run, so that errors can name them.
package func withPhase<Result>(
  _ phase: Phase, key: RandomKey? = nil, of model: (any Model)?, _ body: () throws -> Result
) rethrows -> Result {
  let scope = Scope(mode: .plain, phase: phase, key: key ?? .next)
  if let model { scope.model = model }
  let result = try scope.run(body)
  scope.commit()
  return result
}
