/// PyTorch's names of a tensor's methods that have another name here: the compiler says which.
extension Tensor {
  /// PyTorch's way to gradients.
  @available(
    *, unavailable,
    message:
      "gradients are taken of what runs in a closure: let (loss, gradients) = valueWithGradients(of: model) { crossEntropy(model(x), y) }"
  )
  public func backward() { fatalError("unavailable") }

  /// PyTorch's name of `reshaped`.
  @available(*, unavailable, renamed: "reshaped(_:)")
  public func view(_ sizes: Int...) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `reshaped`.
  @available(*, unavailable, renamed: "reshaped(_:)")
  public func reshape(_ sizes: Int...) -> Tensor { fatalError("unavailable") }

  /// In PyTorch a vector of everything, where the layer of this name keeps the batch.
  @available(*, unavailable, message: "flatten(1) keeps the batch, flatten(0) makes a vector")
  public func flatten() -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `transposed`.
  @available(*, unavailable, message: "transposed([0, 2, 3, 1]) puts the axes in another order")
  public func permute(_ order: Int...) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `transposed`.
  @available(*, unavailable, renamed: "transposed()")
  public func t() -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `shape`.
  @available(*, unavailable, message: "shape is all sizes, shape[0] one of them")
  public func size(_ axis: Int = 0) -> Int { fatalError("unavailable") }

  /// PyTorch's name of `elementCount`.
  @available(*, unavailable, renamed: "elementCount")
  public func numel() -> Int { fatalError("unavailable") }

  /// PyTorch's name of `cast(to: .float32)`.
  @available(*, unavailable, message: "cast(to: .float32)")
  public func float() -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `cast(to: .int32)`.
  @available(*, unavailable, message: "cast(to: .int32); losses take whole numbers of any type as labels")
  public func long() -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `standardDeviation`, which divides by n − 1 there.
  @available(*, unavailable, renamed: "standardDeviation()")
  public func std() -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `detached`.
  @available(*, unavailable, renamed: "detached()")
  public func detach() -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `power`.
  @available(*, unavailable, renamed: "power(_:)")
  public func pow(_ exponent: Double) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `concatenated`.
  @available(*, unavailable, renamed: "concatenated(_:axis:)")
  public static func cat(_ parts: [Tensor], _ axis: Int = 0) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `uniform`.
  @available(*, unavailable, message: "Tensor.uniform([2, 3], seed: 1)")
  public static func rand(_ sizes: Int...) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `normal`.
  @available(*, unavailable, message: "Tensor.normal([2, 3], seed: 1)")
  public static func randn(_ sizes: Int...) -> Tensor { fatalError("unavailable") }
}

extension Tensor {
  /// Elements are compared one by one.
  @available(*, unavailable, message: "elements are compared by .==, which gives a tensor")
  public static func == (a: Tensor, b: Tensor) -> Tensor { fatalError("unavailable") }

  /// Elements are compared one by one.
  @available(*, unavailable, message: "elements are compared by .>, which gives a tensor")
  public static func > (a: Tensor, b: Double) -> Tensor { fatalError("unavailable") }

  /// Elements are compared one by one.
  @available(*, unavailable, message: "elements are compared by .<, which gives a tensor")
  public static func < (a: Tensor, b: Double) -> Tensor { fatalError("unavailable") }
}
