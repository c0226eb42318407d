import ApusSupport

/// Reductions. Axes count from the front, or from the back where negative; no axes means all. Sums run over chunks that are fixed
/// by the shape, so their bits do not depend on the number of threads.
extension Tensor {
  /// The sum; of int32 it wraps around at 32 bits. Of uint8 it is int32, so that the sum of a comparison counts where it holds; a
  /// sum that int32 cannot hold is refused.
  public func sum(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    if scalarType == .uint8 { return count(axes: axes, keepingAxes: keepingAxes) }
    let axes = resolved(axes, of: "sum")
    let tape = Tape.recording(self)
    let y = reduced(.sum, axes, keepingAxes)
    if let tape {
      let (input, kept) = (shape, keptShape(axes))
      tape.record(y, body.node) { $0.reshaped(kept).broadcast(to: input) }
    }
    report("Sum", y, from: [self], as: .reduce(.sum, axes: axes, keepsAxes: keepingAxes))
    return y
  }

  /// The sum of uint8 in int32. float64, which holds more than any tensor's sum, tells whether int32 does.
  private func count(axes: [Int]?, keepingAxes: Bool) -> Tensor {
    if elementCount <= Int(Int32.max) / Int(UInt8.max) {
      return cast(to: .int32).sum(axes: axes, keepingAxes: keepingAxes)
    }
    let wide = cast(to: .float64).sum(axes: axes, keepingAxes: keepingAxes)
    if !isPlanning, let largest = wide.array(of: Double.self).max(), largest > Double(Int32.max) {
      fatalError(
        "sum of a tensor of uint8 and shape \(shape): \(largest) is more than int32 holds: cast(to: .float64) it first")
    }
    return wide.cast(to: .int32)
  }

  /// The mean of a floating-point tensor; of uint8 it is float32, so that the mean of a comparison is the fraction where it holds. A
  /// mean of no elements is refused.
  public func mean(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    if scalarType == .uint8 { return cast(to: .float32).mean(axes: axes, keepingAxes: keepingAxes) }
    requireFloatingPoint("mean")
    let resolvedAxes = resolved(axes, of: "mean")
    let count = resolvedAxes.reduce(1) { $0 * shape[$1] }
    if count == 0 { fatalError("mean over axes \(resolvedAxes) of a tensor of shape \(shape): no element") }
    let y = asOneOperation { sum(axes: resolvedAxes, keepingAxes: keepingAxes) / Double(count) }
    report("Mean", y, from: [self], as: .reduce(.mean, axes: resolvedAxes, keepsAxes: keepingAxes), isListed: false)
    return y
  }

  /// Mean of squared differences from the mean, over all elements of the axes (biased).
  public func variance(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    (self - mean(axes: axes, keepingAxes: true)).square().mean(axes: axes, keepingAxes: keepingAxes)
  }

  /// The square root of `variance` (biased; PyTorch's `std` divides by n − 1). Where all elements are equal it has a kink, and its
  /// derivative is 0, as in PyTorch.
  public func standardDeviation(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    let variance = variance(axes: axes, keepingAxes: keepingAxes)
    guard Tape.recording([variance]) != nil else { return variance.sqrt() }
    // A root of 1 in place of 0, whose slope is infinite: times the variance's own derivative, 0, it would be NaN. Adds 0 elsewhere.
    let isConstant = (variance.detached() .== 0).cast(to: variance.scalarType)
    return (variance + isConstant).sqrt() - isConstant
  }

  /// The largest element; NaN propagates. The gradient is shared equally among equal maxima.
  public func max(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor { extreme(.max, "Max", axes, keepingAxes) }

  /// The smallest element; NaN propagates. The gradient is shared equally among equal minima.
  public func min(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor { extreme(.min, "Min", axes, keepingAxes) }

  /// Index of the first maximum along an axis (int32; the axis is gone). A NaN counts as the maximum. Not differentiable.
  public func argmax(axis: Int = -1) -> Tensor {
    let axis = shape.axis(axis, of: "argmax")
    if shape[axis] == 0 { fatalError("argmax along axis \(axis) of a tensor of shape \(shape): there is no element") }
    let y = Kernels.argmax(self, axis: axis)
    report("ArgMax", y, from: [self], isListed: false)
    return y
  }

  private func extreme(_ operation: ReductionFunction, _ name: StaticString, _ axes: [Int]?, _ keepingAxes: Bool)
    -> Tensor
  {
    let axes = resolved(axes, of: "\(name)")
    if axes.contains(where: { shape[$0] == 0 }) {
      fatalError("\(name) over axes \(axes) of a tensor of shape \(shape): no element")
    }
    let tape = Tape.recording(self)
    let y = reduced(operation, axes, keepingAxes)
    if let tape {
      let (x, kept, result) = (detached(), keptShape(axes), y.detached())
      tape.record(y, body.node) { gradient in
        let winners = (x .== result.reshaped(kept)).cast(to: x.scalarType)
        return winners * (gradient.reshaped(kept) / winners.sum(axes: axes, keepingAxes: true))
      }
    }
    report(name, y, from: [self], as: .reduce(operation, axes: axes, keepsAxes: keepingAxes))
    return y
  }

  private func resolved(_ axes: [Int]?, of operation: String) -> [Int] {
    guard let axes else { return Array(0..<rank) }
    let sorted = axes.map { shape.axis($0, of: operation) }.sorted()
    if Set(sorted).count != sorted.count { fatalError("\(operation): axes \(axes) name an axis twice") }
    return sorted
  }

  private func keptShape(_ axes: [Int]) -> Shape {
    var kept = shape
    for axis in axes { kept[axis] = 1 }
    return kept
  }

  /// Runs of neighboring axes are reduced together, the innermost first.
  private func reduced(_ operation: ReductionFunction, _ axes: [Int], _ keepingAxes: Bool) -> Tensor {
    var result = body.node < 0 ? self : detached()
    var rest = axes[...]
    while let last = rest.popLast() {
      var first = last
      while let next = rest.last, next == first - 1 {
        first = next
        rest.removeLast()
      }
      result = Kernels.reduce(operation, result, axes: first..<last + 1)
    }
    let dropped = keepingAxes ? result.shape : Shape(shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
    return result.viewed(as: dropped)
  }
}
