import Synchronization

/// What is going on around an operation on this thread: the phase, the tape if gradients are taken, the plan if one is made.
///
/// Reached through one thread-local pointer; closures that open scopes are synchronous, so nothing can move them to another thread.
/// The pointer is unretained (`Unmanaged`): `run` keeps the scope alive for as long as the pointer is set, and sets the former one
/// when it returns or throws.
package final class Scope {
  package enum Mode {
    /// Nothing is recorded.
    case plain
    /// Operations are recorded on the tape.
    case recording(Tape)
    /// The tape is being run backwards: its tensors may be used, nothing is recorded.
    case backward
  }

  var mode: Mode
  package let phase: Phase
  package let key: RandomKey
  /// Inherited from the scope around this one: a whole training step can be planned.
  package let planner: Planner?
  /// Inherited from the scope around this one.
  package var precision: Precision
  /// Parameters are read widened to float64, and operands follow.
  var usesDouble: Bool { precision == .float64 }
  /// Values read instead of a parameter's own, by the gradient check's finite differences.
  var overrides: [ObjectIdentifier: Tensor] = [:]
  /// Takes each batch norm's statistics while those of a whole set are recomputed.
  package var statistics: WholeSetStatistics?
  /// Looks at every operation's result, by the diagnosis of non-finite values.
  package var observer: ((_ operation: StaticString, _ path: String?, _ result: Tensor) -> Void)?
  /// Keeps or gives what ReLUs and max poolings decide, where float32 and float64 are compared.
  package var decisions: Decisions?

  /// Keeps what running statistics cannot hold; inherited from the scope around this one. `nil`: it stops the program.
  package var stateOverflow: StateOverflow?

  /// Writes a graph of what runs; inherited from the scope around this one.
  package var tracer: Tracer?

  /// The model whose layers run, where whoever opened the scope knows it; inherited from the scope around this one.
  var model: (any Layer)?

  /// The Sequentials that run now, the outermost first, and at which of its layers each is; see Scope+Path.
  var places: [(sequential: Sequential, index: Int)] = []

  private var randomOperations: UInt64 = 0
  private var effects: [(buffer: Buffer, value: Tensor)] = []

  package init(mode: Mode, phase: Phase, key: RandomKey, planner: Planner? = nil, precision: Precision? = nil) {
    self.mode = mode
    self.phase = phase
    self.key = key
    self.planner = planner ?? Scope.current?.planner
    let outer = Scope.current
    self.precision = precision ?? outer?.precision ?? .standard
    stateOverflow = outer?.stateOverflow
    tracer = outer?.tracer
    model = outer?.model
  }

  package static var current: Scope? {
    guard let pointer = Kernels.threadSlot else { return nil }
    return Unmanaged<Scope>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Runs `body` with this scope as the thread's current one, and the former one again afterwards.
  package func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    let outer = Kernels.threadSlot
    Kernels.threadSlot = Unmanaged.passUnretained(self).toOpaque()
    defer { Kernels.threadSlot = outer }
    return try withExtendedLifetime(self) { try body() }
  }

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

  /// Seed 0 and a running number: random masks without a key are reproducible in a program on one thread.
  static func nextDefaultKey() -> RandomKey {
    RandomKey(seed: 0, step: defaultSteps.wrappingAdd(1, ordering: .relaxed).oldValue)
  }

  // Relaxed: the numbers must differ, they order nothing.
  private static let defaultSteps = Atomic<UInt64>(0)
}

/// Runs `body` in a phase of its own, without taking gradients; state updates (phase `.statistics`) are committed when it returns.
///
/// Inside `valueWithGradients` it opens a nested scope: recorded tensors of the outer one may not be used in it.
public func withPhase<Result>(_ phase: Phase, key: RandomKey? = nil, _ body: () throws -> Result) rethrows -> Result {
  try withPhase(phase, key: key, of: nil, body)
}

/// `model`: whose layers run, so that errors can name them.
package func withPhase<Result>(
  _ phase: Phase, key: RandomKey? = nil, of model: (any Layer)?, _ body: () throws -> Result
) rethrows -> Result {
  let scope = Scope(mode: .plain, phase: phase, key: key ?? Scope.nextDefaultKey())
  if let model { scope.model = model }
  let result = try scope.run(body)
  scope.commit()
  return result
}
