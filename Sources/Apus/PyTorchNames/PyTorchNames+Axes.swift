/// Other libraries' arguments of reductions: axes are a list, `axes: [0, 1]`, and are kept by `keepingAxes: true`.
extension Tensor {
  /// PyTorch's axis of `sum`.
  @available(*, unavailable, message: "axes are a list: sum(axes: [0]), or sum(axes: [0], keepingAxes: true)")
  public func sum(_ axis: Int, keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axis of `sum`.
  @available(*, unavailable, message: "axes are a list: sum(axes: [0]), or sum(axes: [0], keepingAxes: true)")
  public func sum(dim: Int, keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axes of `sum`.
  @available(*, unavailable, message: "axes are a list: sum(axes: [0]), or sum(axes: [0], keepingAxes: true)")
  public func sum(dim: [Int], keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// NumPy's axis of `sum`.
  @available(*, unavailable, message: "axes are a list: sum(axes: [0]), or sum(axes: [0], keepingAxes: true)")
  public func sum(axis: Int, keepdims: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axis of `mean`.
  @available(*, unavailable, message: "axes are a list: mean(axes: [0]), or mean(axes: [0], keepingAxes: true)")
  public func mean(_ axis: Int, keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axis of `mean`.
  @available(*, unavailable, message: "axes are a list: mean(axes: [0]), or mean(axes: [0], keepingAxes: true)")
  public func mean(dim: Int, keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axes of `mean`.
  @available(*, unavailable, message: "axes are a list: mean(axes: [0]), or mean(axes: [0], keepingAxes: true)")
  public func mean(dim: [Int], keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// NumPy's axis of `mean`.
  @available(*, unavailable, message: "axes are a list: mean(axes: [0]), or mean(axes: [0], keepingAxes: true)")
  public func mean(axis: Int, keepdims: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axis of `max`.
  @available(*, unavailable, message: "axes are a list: max(axes: [0]), or max(axes: [0], keepingAxes: true)")
  public func max(_ axis: Int, keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axis of `max`.
  @available(*, unavailable, message: "axes are a list: max(axes: [0]), or max(axes: [0], keepingAxes: true)")
  public func max(dim: Int, keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axes of `max`.
  @available(*, unavailable, message: "axes are a list: max(axes: [0]), or max(axes: [0], keepingAxes: true)")
  public func max(dim: [Int], keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// NumPy's axis of `max`.
  @available(*, unavailable, message: "axes are a list: max(axes: [0]), or max(axes: [0], keepingAxes: true)")
  public func max(axis: Int, keepdims: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axis of `min`.
  @available(*, unavailable, message: "axes are a list: min(axes: [0]), or min(axes: [0], keepingAxes: true)")
  public func min(_ axis: Int, keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axis of `min`.
  @available(*, unavailable, message: "axes are a list: min(axes: [0]), or min(axes: [0], keepingAxes: true)")
  public func min(dim: Int, keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axes of `min`.
  @available(*, unavailable, message: "axes are a list: min(axes: [0]), or min(axes: [0], keepingAxes: true)")
  public func min(dim: [Int], keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// NumPy's axis of `min`.
  @available(*, unavailable, message: "axes are a list: min(axes: [0]), or min(axes: [0], keepingAxes: true)")
  public func min(axis: Int, keepdims: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axis of `variance`.
  @available(*, unavailable, message: "axes are a list: variance(axes: [0]), or variance(axes: [0], keepingAxes: true)")
  public func `var`(_ axis: Int, keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axis of `variance`.
  @available(*, unavailable, message: "axes are a list: variance(axes: [0]), or variance(axes: [0], keepingAxes: true)")
  public func `var`(dim: Int, keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axes of `variance`.
  @available(*, unavailable, message: "axes are a list: variance(axes: [0]), or variance(axes: [0], keepingAxes: true)")
  public func `var`(dim: [Int], keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// NumPy's axis of `variance`.
  @available(*, unavailable, message: "axes are a list: variance(axes: [0]), or variance(axes: [0], keepingAxes: true)")
  public func `var`(axis: Int, keepdims: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `variance`.
  @available(*, unavailable, message: "variance(), which divides by n")
  public func `var`() -> Tensor { fatalError("unavailable") }

  /// PyTorch's axis of `standardDeviation`.
  @available(
    *, unavailable,
    message: "axes are a list: standardDeviation(axes: [0]), or standardDeviation(axes: [0], keepingAxes: true)"
  )
  public func std(_ axis: Int, keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axis of `standardDeviation`.
  @available(
    *, unavailable,
    message: "axes are a list: standardDeviation(axes: [0]), or standardDeviation(axes: [0], keepingAxes: true)"
  )
  public func std(dim: Int, keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axes of `standardDeviation`.
  @available(
    *, unavailable,
    message: "axes are a list: standardDeviation(axes: [0]), or standardDeviation(axes: [0], keepingAxes: true)"
  )
  public func std(dim: [Int], keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// NumPy's axis of `standardDeviation`.
  @available(
    *, unavailable,
    message: "axes are a list: standardDeviation(axes: [0]), or standardDeviation(axes: [0], keepingAxes: true)"
  )
  public func std(axis: Int, keepdims: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `axis`.
  @available(*, unavailable, renamed: "argmax(axis:)")
  public func argmax(dim: Int) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axis without a label: write `argmax(axis: -1)`.
  @available(*, unavailable, renamed: "argmax(axis:)")
  public func argmax(_ axis: Int) -> Tensor { fatalError("unavailable") }
}

/// Functions that some libraries have as methods.
extension Tensor {
  /// PyTorch's method: write `softmax(x)`, over the last axis.
  @available(*, unavailable, message: "softmax(x), over the last axis")
  public func softmax(dim: Int = -1) -> Tensor { fatalError("unavailable") }

  /// Keras' and MLX' argument: write `softmax(x)`, over the last axis.
  @available(*, unavailable, message: "softmax(x), over the last axis")
  public func softmax(axis: Int) -> Tensor { fatalError("unavailable") }

  /// PyTorch's method: write `softmax(x)`, over the last axis.
  @available(*, unavailable, message: "softmax(x), over the last axis")
  public func softmax(_ axis: Int) -> Tensor { fatalError("unavailable") }

  /// A method guessed for `maxPool2d`.
  @available(*, unavailable, message: "maxPool2d(x, 2)")
  public func maxPool2d(_ kernel: Int, stride: Int = 0) -> Tensor { fatalError("unavailable") }

  /// A method guessed for `maxPool2d`.
  @available(*, unavailable, message: "maxPool2d(x, 2)")
  public func maxPool(_ kernel: Int, stride: Int = 0) -> Tensor { fatalError("unavailable") }

  /// PyTorch's label: write `flatten(1)`.
  @available(*, unavailable, renamed: "flatten(_:)")
  public func flatten(startDim: Int) -> Tensor { fatalError("unavailable") }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// PyTorch's label: write `flatten(1)`.
  @available(*, unavailable, renamed: "flatten(_:)")
  public func flatten(start_dim: Int) -> Tensor { fatalError("unavailable") }
}
