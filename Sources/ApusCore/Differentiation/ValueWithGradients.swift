import ApusSupport

/// The value of a scalar computation and its gradients with respect to every trainable parameter read in it.
///
/// Runs `body` in a phase, which is training unless another one is asked for, then runs its operations backwards. State updates
/// (running statistics) are committed when it returns normally, if the phase makes any and `updatesState` is true; a thrown error
/// commits nothing. `body` is synchronous and stays on this thread: tensors recorded in it may not leave it other than as its result.
///
/// - Parameters:
///   - model: whose loss it is. Gradients are taken of all parameters that are read, whichever model holds them;
///     an optimizer uses those of its own list.
///   - phase: in `.inference` the value has the bits of inference, dropout is off and no state moves.
///   - key: what random masks are keyed by; without one, seed 0 and a running number.
public func valueWithGradients(
  of model: some Model, in phase: Phase = .training, key: RandomKey? = nil, updatesState: Bool = true,
  _ body: () throws -> Tensor
) rethrows -> (value: Tensor, gradients: Gradients) {
  let (value, _, gradients) = try valueWithGradients(of: model, in: phase, key: key, updatesState: updatesState) {
    (try body(), ())
  }
  return (value, gradients)
}

/// As `valueWithGradients(of:in:key:updatesState:_:)`, with outputs beside the loss for metrics: tensors among them (alone, in an
/// optional, an array or a tuple of two) are detached.
public func valueWithGradients<Auxiliary>(
  of model: some Model, in phase: Phase = .training, key: RandomKey? = nil, updatesState: Bool = true,
  _ body: () throws -> (Tensor, Auxiliary)
) rethrows -> (value: Tensor, auxiliary: Auxiliary, gradients: Gradients) {
  let tape = Tape()
  let scope = Scope(recording: tape, phase.updating(state: updatesState), key)
  scope.model = model
  return try scope.run {
    let (loss, auxiliary) = try body()
    // What a shape error poisoned need not be a scalar.
    if loss.isPoisoned { return (loss.detached(), detach(auxiliary), Gradients()) }
    let value = scope.beginBackward(from: loss)
    let outputs = detach(auxiliary)
    let gradients = tape.gradients(of: loss).parameters
    scope.commit()
    return (value, outputs, gradients)
  }
}

/// The value of a scalar function of tensors and its gradients with respect to them; `nil` where the value does not depend on one.
/// Within `withPrecision(.float64)` inputs are widened, and value and gradients are float64.
///
/// No state is updated, whatever the phase, and no gradients of parameters are computed.
public func valueWithGradients(
  at inputs: [Tensor], in phase: Phase = .training, key: RandomKey? = nil, _ function: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor?]) {
  let tape = Tape()
  let scope = Scope(recording: tape, phase.updating(state: false), key)
  scope.recordsParameters = false
  return try scope.run {
    let loss = try function(tape.leaves(inputs))
    let value = scope.beginBackward(from: loss)
    return (value, tape.gradients(of: loss).inputs)
  }
}

/// As `valueWithGradients(at:in:key:_:)` of one tensor.
///
/// ```swift
/// let (score, saliency) = valueWithGradient(at: image, in: .inference) { model($0)[0, 3] }
/// ```
/// - Returns: the value, and its gradient of the tensor's shape: zeros where the value does not depend on it.
public func valueWithGradient(
  at x: Tensor, in phase: Phase = .training, key: RandomKey? = nil, _ function: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, gradient: Tensor) {
  let (value, gradients) = try valueWithGradients(at: [x], in: phase, key: key) { try function($0[0]) }
  return (value, gradients[0] ?? .zeros(x.shape, value.scalarType))
}

extension Phase {
  /// The same; updates of state are left out where `state` is false.
  package func updating(state: Bool) -> Phase {
    var phase = self
    phase.updatesState = updatesState && state
    return phase
  }
}

extension Scope {
  convenience init(recording tape: Tape, _ phase: Phase, _ key: RandomKey?, precision: Precision? = nil) {
    self.init(mode: .recording(tape), phase: phase, key: key ?? .next, precision: precision)
  }

  /// Ends the forward pass: from now on nothing is recorded. Returns the loss as a constant.
  func beginBackward(from loss: Tensor) -> Tensor {
    tellForwardEnded()
    checkScalar(loss)
    mode = .backward
    return loss.detached()
  }
}

extension Tape {
  func leaves(_ inputs: [Tensor]) -> [Tensor] {
    inputs.map { leaf($0.scalarType == .float32 ? $0.entering("an input") : $0) }
  }
}

private func checkScalar(_ loss: Tensor) {
  if loss.elementCount != 1 || !loss.scalarType.isFloatingPoint {
    fatalError(
      """
      valueWithGradients: the loss must be one floating-point number, but is \(loss.scalarType) of shape \(loss.shape); \
      mean(), sum() or a loss such as crossEntropy makes one
      """
    )
  }
}

/// Cuts the tensors of an auxiliary output off the tape, so that they can be used after the scope.
private func detach<Value>(_ value: Value) -> Value {
  switch value {
  case let tensor as Tensor: return tensor.detached() as! Value
  case let tensors as [Tensor]: return tensors.map { $0.detached() } as! Value
  case let (a, b) as (Tensor, Tensor): return (a.detached(), b.detached()) as! Value
  default: return value
  }
}
