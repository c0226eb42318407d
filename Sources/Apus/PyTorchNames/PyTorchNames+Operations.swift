/// Operations of other libraries that are written otherwise here: the compiler says how.
extension Tensor {
  /// PyTorch's bounds of elements.
  @available(*, unavailable, message: "Tensor.minimum(Tensor.maximum(x, low), high), of tensors that broadcast")
  public func clamp(min: Double? = nil, max: Double? = nil) -> Tensor { fatalError("unavailable") }

  /// PyTorch's exchange of two axes.
  @available(*, unavailable, message: "transposed([1, 0]) puts all axes in another order")
  public func transpose(_ a: Int, _ b: Int) -> Tensor { fatalError("unavailable") }

  /// NumPy's shape in brackets.
  @available(*, unavailable, renamed: "reshaped(_:)")
  public func reshape(_ shape: Shape) -> Tensor { fatalError("unavailable") }

  /// PyTorch's copy.
  @available(*, unavailable, message: "leave it out: a tensor is a value, which nothing changes behind your back")
  public func clone() -> Tensor { fatalError("unavailable") }

  /// PyTorch's place of a gradient.
  @available(*, unavailable, message: "gradients are values, of parameters: valueWithGradients(of: model) { loss }")
  public var grad: Tensor? { fatalError("unavailable") }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// PyTorch's switch: what is trained is a `Parameter(tensor)` in a layer.
  @available(*, unavailable, message: "what is trained is a Parameter(tensor) in a layer")
  public var requires_grad: Bool { fatalError("unavailable") }

  /// PyTorch's indices.
  @available(*, unavailable, message: "Tensor((0..<10).map { Float($0) })")
  public static func arange(_ end: Int) -> Tensor { fatalError("unavailable") }
}
