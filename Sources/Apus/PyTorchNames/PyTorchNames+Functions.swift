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
