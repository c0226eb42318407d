/// PyTorch's names of functions that have another name here: the compiler says which.

/// PyTorch's way to keep operations off the tape.
@available(*, unavailable, message: "leave it out: nothing is recorded outside of valueWithGradients")
public func noGrad<Result>(_ body: () throws -> Result) rethrows -> Result { fatalError("unavailable") }

/// PyTorch's name of the axis; the last one, that of the classes, where none is given.
@available(*, unavailable, renamed: "softmax(_:axis:)")
public func softmax(_ x: Tensor, dim: Int) -> Tensor { fatalError("unavailable") }
