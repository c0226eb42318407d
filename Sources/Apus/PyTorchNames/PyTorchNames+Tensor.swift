/// PyTorch's names of a tensor's methods that have another name here: the compiler says which.
extension Tensor {
  /// PyTorch's way to gradients.
  @available(*, unavailable, message: "let (loss, gradients) = valueWithGradients(of: model) { mseLoss(model(x), y) }")
  public func backward() { fatalError("unavailable") }

  /// PyTorch's name of `reshaped`.
  @available(*, unavailable, renamed: "reshaped(_:)")
  public func view(_ sizes: Int...) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `reshaped`.
  @available(*, unavailable, renamed: "reshaped(_:)")
  public func reshape(_ sizes: Int...) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `transposed`.
  @available(*, unavailable, message: "transposed([0, 2, 3, 1]) puts the axes in another order")
  public func permute(_ order: Int...) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `shape`.
  @available(*, unavailable, message: "shape is all sizes, shape[0] one of them")
  public func size(_ axis: Int = 0) -> Int { fatalError("unavailable") }

  /// PyTorch's name of `cast(to: .float32)`.
  @available(*, unavailable, message: "cast(to: .float32)")
  public func float() -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `scalarType`.
  @available(*, unavailable, renamed: "scalarType")
  public var dtype: ScalarType { fatalError("unavailable") }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// PyTorch's name of `transposed()`.
  @available(*, unavailable, renamed: "transposed()")
  public var T: Tensor { fatalError("unavailable") }

  /// PyTorch's name of `unsqueezed`.
  @available(*, unavailable, renamed: "unsqueezed(_:)")
  public func unsqueeze(_ axis: Int) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `squeezed`.
  @available(*, unavailable, renamed: "squeezed(_:)")
  public func squeeze(_ axis: Int = 0) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `array(of:)`.
  @available(*, unavailable, message: "x.array(of: Float.self); of whole numbers x.array(of: Int.self)")
  public func tolist() -> [Float] { fatalError("unavailable") }

  /// PyTorch's name of `array(of:)`.
  @available(*, unavailable, message: "x.array(of: Float.self); of whole numbers x.array(of: Int.self)")
  public func numpy() -> [Float] { fatalError("unavailable") }

  /// PyTorch's way to another device.
  @available(*, unavailable, message: "leave it out: everything is on the CPU")
  public func to(_ device: String) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `detached`.
  @available(*, unavailable, renamed: "detached()")
  public func detach() -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `concatenated`.
  @available(*, unavailable, renamed: "concatenated(_:axis:)")
  public static func cat(_ parts: [Tensor], _ axis: Int = 0) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `uniform`.
  @available(*, unavailable, message: "Tensor.uniform([2, 3])")
  public static func rand(_ sizes: Any...) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `normal`.
  @available(*, unavailable, message: "Tensor.normal([2, 3])")
  public static func randn(_ sizes: Any...) -> Tensor { fatalError("unavailable") }

  /// A shape is one argument.
  @available(*, unavailable, message: "a shape has brackets: Tensor.zeros([2, 3])")
  public static func zeros(_ sizes: Int...) -> Tensor { fatalError("unavailable") }

  /// A shape is one argument.
  @available(*, unavailable, message: "a shape has brackets: Tensor.ones([2, 3])")
  public static func ones(_ sizes: Int...) -> Tensor { fatalError("unavailable") }
}

extension Tensor {
  /// Elements are compared one by one.
  @available(*, unavailable, message: "elements are compared by .==, which gives a tensor")
  public static func == (a: Tensor, b: Tensor) -> Tensor { fatalError("unavailable") }

  /// Elements are compared one by one.
  @available(*, unavailable, message: "elements are compared by .>, which gives a tensor")
  public static func > (a: Tensor, b: Double) -> Tensor { fatalError("unavailable") }
}

extension BinaryFloatingPoint {
  /// Python's `float`.
  @available(*, unavailable, message: "a tensor of one element gives it by item(): Float(loss.item())")
  public init(_ tensor: Tensor) { fatalError("unavailable") }
}

extension BinaryInteger {
  /// Python's `int`.
  @available(*, unavailable, message: "a tensor of one element gives it by item(): Int(x.item())")
  public init(_ tensor: Tensor) { fatalError("unavailable") }
}
