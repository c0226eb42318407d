import ApusCore
import ApusSupport

/// Images of another size: [N, H, W, C] → [N, height, width, C], first along the height, then along the width.
///
/// - Parameters:
///   - antialias: whether downsizing takes all pixels under the filter stretched by the ratio of sizes; PyTorch's and Pillow's rule.
///   - alignCorners: whether the corners' pixels fall together, as in PyTorch's `align_corners`; not with antialiasing.
public func resize2d(
  _ x: Tensor, height: Int, width: Int, filter: ResampleFilter = .bilinear, antialias: Bool = false,
  alignCorners: Bool = false
) -> Tensor {
  if x.isPoisoned { return x }
  if !IntOrPair(height, width).isSize {
    fatalError("resize2d: to \(height)×\(width): both must be in 1...\(IntOrPair.largest)")
  }
  if antialias && alignCorners { fatalError("resize2d: antialiasing has no aligned corners") }
  if filter == .lanczos && !antialias { fatalError("resize2d: the filter lanczos needs antialias: true") }
  guard x.rank == 4, x.shape[1] > 0, x.shape[2] > 0 else {
    return shapeFailure("Resize2D", "expects [N, H, W, C] with pixels, input is \(x.shape)", input: x)
  }
  if x.shape[1] == height && x.shape[2] == width { return x }
  let y = asOneOperation { resized(x, height: height, width: width, filter, antialias, alignCorners) }
  report(
    "Resize2D", y, from: [x],
    as: .resize(ResizeSettings(filter: filter, antialias: antialias, alignCorners: alignCorners)), isListed: false)
  return y
}

private func resized(
  _ x: Tensor, height: Int, width: Int, _ filter: ResampleFilter, _ antialias: Bool, _ alignCorners: Bool
) -> Tensor {
  var y = x
  for (axis, size) in [(1, height), (2, width)] where y.shape[axis] != size {
    y = resampled(
      y, axis: axis,
      ResampleTable(
        from: y.shape[axis], to: size, filter: filter, antialias: antialias, alignCorners: alignCorners), "Resize2D")
  }
  return y
}

/// Along one axis by a table; `operation` names it in plans.
func resampled(_ x: Tensor, axis: Int, _ table: ResampleTable, _ operation: StaticString) -> Tensor {
  let x = x.entering(operation)
  let tape = Tape.recording(x)
  let y = Kernels.resample(x, axis: axis, table)
  if let tape {
    let back = table.transposed
    tape.record(y, x.body.node) { Kernels.resample($0, axis: axis, back) }
  }
  report(operation, y, from: [x], with: .init(fieldIsUnknown: true))
  return y
}

/// Enlarges images by whole factors, for dense prediction: [N, H, W, C] → [N, H·scale, W·scale, C].
///
/// Nearest repeats pixels; bilinear interpolates between pixels' centers, or with `alignCorners` between corners. No parameters; a
/// learned enlargement is `ConvTranspose2D`. Long, Shelhamer & Darrell 2015, "Fully convolutional networks".
public struct Upsample2D: Layer {
  /// Factors of height and width.
  package let scale: IntOrPair
  /// Nearest or bilinear.
  package let filter: ResampleFilter
  /// Whether the corners' pixels fall together, as in PyTorch's `align_corners`.
  package let alignCorners: Bool

  /// - Parameter scale: `[height, width]` or one number for both; traps unless both are at least 1, and for filters but nearest and
  ///   bilinear.
  public init(_ scale: some IntOrPairConvertible, filter: ResampleFilter = .nearest, alignCorners: Bool = false) {
    let scale = scale.intOrPair
    if !scale.isSize { fatalError("Upsample2D: scale \(scale) must be in 1...\(IntOrPair.largest)") }
    if filter != .nearest && filter != .bilinear {
      fatalError("Upsample2D: the filter is nearest or bilinear, not \(filter.rawValue); resize2d takes any")
    }
    self.scale = scale
    self.filter = filter
    self.alignCorners = alignCorners
  }

  /// [N, H, W, C] → [N, H · `scale.height`, W · `scale.width`, C].
  public func forward(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    guard x.rank == 4 else { return shapeFailure("Upsample2D", "expects [N, H, W, C], input is \(x.shape)", input: x) }
    let (height, width) = (x.shape[1] * scale.height, x.shape[2] * scale.width)
    return resize2d(x, height: height, width: width, filter: filter, alignCorners: alignCorners)
  }
}
