/// PyTorch's names of functions that have another name here: the compiler says which.

/// PyTorch's name of `averagePool2d`.
@available(*, unavailable, renamed: "averagePool2d(_:_:stride:padding:countsPadding:ceilMode:)")
public func avgPool2d(_ x: Tensor, _ kernel: Int) -> Tensor { fatalError("unavailable") }

/// Which probability p is, the literature does not agree on.
@available(*, unavailable, message: "say which probability: dropout(x, dropProbability: 0.2), PyTorch's p")
public func dropout(_ x: Tensor, _ first: Double = 0, p: Double = 0) -> Tensor { fatalError("unavailable") }

/// PyTorch's way to keep operations off the tape.
@available(*, unavailable, message: "leave it out: nothing is recorded outside of valueWithGradients")
public func noGrad<Result>(_ body: () throws -> Result) rethrows -> Result { fatalError("unavailable") }

/// MLX's name of `valueWithGradients(of:)`.
@available(*, unavailable, message: "let (loss, gradients) = valueWithGradients(of: model) { mseLoss(model(x), y) }")
public func valueAndGrad<Model, Value>(model: Model, _ loss: (Model) throws -> Value) -> (Tensor, Gradients) {
  fatalError("unavailable")
}

/// Softmax goes over the last axis, that of the classes.
@available(*, unavailable, message: "softmax(x) goes over the last axis; for another, transpose it to the end")
public func softmax(_ x: Tensor, dim: Int) -> Tensor { fatalError("unavailable") }
