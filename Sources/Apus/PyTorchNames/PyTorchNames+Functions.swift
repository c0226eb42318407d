/// PyTorch's names of functions that have another name here: the compiler says which.

/// PyTorch's way to keep operations off the tape.
@available(*, unavailable, message: "leave it out: nothing is recorded outside of valueWithGradients")
public func noGrad<Result>(_ body: () throws -> Result) rethrows -> Result { fatalError("unavailable") }

/// Softmax goes over the last axis, that of the classes.
@available(*, unavailable, message: "softmax(x) goes over the last axis; for another, transpose it to the end")
public func softmax(_ x: Tensor, dim: Int) -> Tensor { fatalError("unavailable") }
