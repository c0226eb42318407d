/// PyTorch's names of functions that have another name here: the compiler says which.

/// PyTorch's name of `averagePool2d`.
@available(*, unavailable, renamed: "averagePool2d(_:_:stride:padding:countsPadding:ceilMode:)")
public func avgPool2d(_ x: Tensor, _ kernel: Int) -> Tensor { fatalError("unavailable") }

/// PyTorch's name of `adaptiveAveragePool2d`.
@available(*, unavailable, renamed: "adaptiveAveragePool2d(_:size:)")
public func adaptiveAvgPool2d(_ x: Tensor, _ size: Int) -> Tensor { fatalError("unavailable") }

/// PyTorch's name of `negativeLogLikelihood`.
@available(*, unavailable, renamed: "negativeLogLikelihood(logProbabilities:labels:)")
public func nllLoss(_ logProbabilities: Tensor, _ labels: Tensor) -> Tensor { fatalError("unavailable") }

/// Which probability an unnamed number is, the literature does not agree on.
@available(*, unavailable, message: "say which probability: dropout(x, dropProbability: 0.2), PyTorch's p")
public func dropout(_ x: Tensor, _ p: Double) -> Tensor { fatalError("unavailable") }

/// Which probability p is, the literature does not agree on.
@available(*, unavailable, message: "say which probability: dropout(x, dropProbability: 0.2), PyTorch's p")
public func dropout(_ x: Tensor, p: Double) -> Tensor { fatalError("unavailable") }

/// PyTorch's way to keep operations off the tape.
@available(*, unavailable, message: "leave it out: nothing is recorded outside of valueWithGradients")
public func noGrad<Result>(_ body: () throws -> Result) rethrows -> Result { fatalError("unavailable") }

/// MLX' name of `valueWithGradients(of:)`.
@available(
  *, unavailable,
  message:
    "let (loss, gradients) = valueWithGradients(of: model) { crossEntropy(model(x), y) }, without a parameter in the closure"
)
public func valueAndGrad<Model, Value>(_ model: Model, _ loss: (Model) throws -> Value) -> (Tensor, Gradients) {
  fatalError("unavailable")
}

/// MLX' name of `valueWithGradients(of:)`.
@available(
  *, unavailable,
  message:
    "let (loss, gradients) = valueWithGradients(of: model) { crossEntropy(model(x), y) }, without a parameter in the closure"
)
public func valueAndGrad<Model, Value>(model: Model, _ loss: (Model) throws -> Value) -> (Tensor, Gradients) {
  fatalError("unavailable")
}

/// Softmax goes over the last axis, that of the classes.
@available(*, unavailable, message: "softmax(x) goes over the last axis; for another, transpose it to the end")
public func softmax(_ x: Tensor, dim: Int) -> Tensor { fatalError("unavailable") }

/// Softmax goes over the last axis, that of the classes.
@available(*, unavailable, message: "logSoftmax(x) goes over the last axis; for another, transpose it to the end")
public func logSoftmax(_ x: Tensor, dim: Int) -> Tensor { fatalError("unavailable") }

/// What ApusONNX declares on a model.
@available(
  *, unavailable,
  message: "import ApusONNX, and: try model.exportONNX(input: [1, 224, 224, 3], to: \"model.onnx\")"
)
public func exportONNX(_ model: some Layer, _ path: String, input: Shape) throws { fatalError("unavailable") }
