/// The value of a scalar computation and its gradients with respect to every trainable parameter read in it.
///
/// Runs `body` in phase `.training`, then runs its operations backwards. State updates (running statistics) are committed when it
/// returns normally and `updatesState` is true; a thrown error commits nothing. `body` is synchronous and stays on this thread:
/// tensors recorded in it may not leave it other than as its result.
///
/// - Parameters:
///   - model: whose loss it is. Gradients are taken of all parameters that are read, whichever model holds them;
///     an optimizer uses those of its own list.
///   - key: what random masks are keyed by; without one, seed 0 and a running number.
public func valueWithGradients(
  of model: some Model, key: RandomKey? = nil, updatesState: Bool = true, _ body: () throws -> Tensor
) rethrows -> (value: Tensor, gradients: Gradients) {
  let (value, _, gradients) = try valueWithGradients(of: model, key: key, updatesState: updatesState) {
    (try body(), ())
  }
  return (value, gradients)
}

/// As `valueWithGradients(of:key:updatesState:_:)`, with outputs beside the loss for metrics: tensors among them (alone, in an
/// optional, an array or a tuple of two) are detached.
public func valueWithGradients<Auxiliary>(
  of model: some Model, key: RandomKey? = nil, updatesState: Bool = true, _ body: () throws -> (Tensor, Auxiliary)
) rethrows -> (value: Tensor, auxiliary: Auxiliary, gradients: Gradients) {
  var phase = Phase.training
  phase.updatesState = updatesState
  return try valueWithGradients(of: model, phase: phase, key: key, body)
}

/// The same in a phase of one's own, for comparisons with other libraries that need dropout off.
package func valueWithGradients(
  of model: some Model, phase: Phase, key: RandomKey? = nil, _ body: () throws -> Tensor
) rethrows -> (value: Tensor, gradients: Gradients) {
  let (value, _, gradients) = try valueWithGradients(of: model, phase: phase, key: key) { (try body(), ()) }
  return (value, gradients)
}

private func valueWithGradients<Auxiliary>(
  of model: some Model, phase: Phase, key: RandomKey?, _ body: () throws -> (Tensor, Auxiliary)
) rethrows -> (value: Tensor, auxiliary: Auxiliary, gradients: Gradients) {
  let tape = Tape()
  let scope = Scope(mode: .recording(tape), phase: phase, key: key ?? Scope.nextDefaultKey())
  scope.model = model
  return try scope.run {
    let (loss, auxiliary) = try body()
    // What a shape error poisoned need not be a scalar.
    if loss.isPoisoned { return (loss.detached(), detach(auxiliary), Gradients()) }
    scope.tellForwardEnded()
    checkScalar(loss)
    scope.mode = .backward
    let value = loss.detached()
    let outputs = detach(auxiliary)
    let gradients = tape.gradients(of: loss).parameters
    scope.commit()
    return (value, outputs, gradients)
  }
}

/// The value of a scalar function of tensors and its gradients with respect to them; `nil` where the value does not depend on one.
/// Within `withPrecision(.float64)` inputs are widened, and value and gradients are float64.
public func valueWithGradients(
  at inputs: [Tensor], key: RandomKey? = nil, _ function: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor?]) {
  let tape = Tape()
  var phase = Phase.training
  phase.updatesState = false
  let scope = Scope(mode: .recording(tape), phase: phase, key: key ?? Scope.nextDefaultKey())
  return try scope.run {
    let loss = try function(inputs.map { tape.leaf($0.scalarType == .float32 ? $0.entering("an input") : $0) })
    checkScalar(loss)
    scope.mode = .backward
    return (loss.detached(), tape.gradients(of: loss).inputs)
  }
}

func checkScalar(_ loss: Tensor) {
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
