/// Other libraries' arguments of reductions: axes are a list, `axes: [0, 1]`, and are kept by `keepingAxes: true`. Each declaration takes
/// every form: `sum(0)`, `sum(dim: 0)`, `sum(dim: [0, 1], keepdim: true)`, `sum(axis: 0, keepdims: true)`.
extension Tensor {
  /// PyTorch's and NumPy's axis of `sum`.
  @available(*, unavailable, message: "axes are a list: sum(axes: [0]), or sum(axes: [0], keepingAxes: true)")
  public func sum(
    _ first: Int = 0, dim: Any = 0, axis: Any = 0, keepdim: Bool = false, keepdims: Bool = false
  ) -> Tensor { fatalError("unavailable") }

  /// PyTorch's and NumPy's axis of `mean`.
  @available(*, unavailable, message: "axes are a list: mean(axes: [0]), or mean(axes: [0], keepingAxes: true)")
  public func mean(
    _ first: Int = 0, dim: Any = 0, axis: Any = 0, keepdim: Bool = false, keepdims: Bool = false
  ) -> Tensor { fatalError("unavailable") }

  /// PyTorch's and NumPy's axis of `max`.
  @available(*, unavailable, message: "axes are a list: max(axes: [0]), or max(axes: [0], keepingAxes: true)")
  public func max(
    _ first: Int = 0, dim: Any = 0, axis: Any = 0, keepdim: Bool = false, keepdims: Bool = false
  ) -> Tensor { fatalError("unavailable") }

  /// PyTorch's and NumPy's axis of `min`.
  @available(*, unavailable, message: "axes are a list: min(axes: [0]), or min(axes: [0], keepingAxes: true)")
  public func min(
    _ first: Int = 0, dim: Any = 0, axis: Any = 0, keepdim: Bool = false, keepdims: Bool = false
  ) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `variance`, which divides by n − 1 there.
  @available(*, unavailable, message: "variance(), which divides by n; axes are a list: variance(axes: [0])")
  public func `var`(
    _ first: Int = 0, dim: Any = 0, axis: Any = 0, keepdim: Bool = false, keepdims: Bool = false
  ) -> Tensor { fatalError("unavailable") }

  /// PyTorch's name of `standardDeviation`, which divides by n − 1 there.
  @available(*, unavailable, message: "standardDeviation() divides by n; axes are a list: standardDeviation(axes: [0])")
  public func std(
    _ first: Int = 0, dim: Any = 0, axis: Any = 0, keepdim: Bool = false, keepdims: Bool = false
  ) -> Tensor { fatalError("unavailable") }

  /// PyTorch's axis of `argmax`.
  @available(*, unavailable, renamed: "argmax(axis:)")
  public func argmax(_ first: Int = 0, dim: Int = 0, keepdim: Bool = false) -> Tensor { fatalError("unavailable") }

  /// PyTorch's method: write `softmax(x)`, over the last axis, or `softmax(x, axis: 1)`.
  @available(*, unavailable, message: "softmax(x), over the last axis, or softmax(x, axis: 1)")
  public func softmax(_ first: Int = 0, dim: Int = 0, axis: Int = 0) -> Tensor { fatalError("unavailable") }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// PyTorch's default and label: write `flatten(1)`.
  @available(*, unavailable, message: "flatten(1) keeps the batch, flatten(0) makes a vector")
  public func flatten(startDim: Int = 0, start_dim: Int = 0) -> Tensor { fatalError("unavailable") }
}
