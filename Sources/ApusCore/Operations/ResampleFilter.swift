#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How the value between pixels is made.
public enum ResampleFilter: String, Hashable, Sendable, CaseIterable {
  /// The pixel at ⌊o · in / out⌋, as PyTorch's `nearest`.
  case nearest
  /// The mean of the pixels that an output covers; differs from `nearest` only with antialiasing.
  case box
  /// The triangle: linear between the two neighbors.
  case bilinear
  /// Keys's cubic over four neighbors: a = −¾ without, −½ with antialiasing, as in PyTorch and Pillow.
  case bicubic
  /// The sinc windowed by a sinc over six neighbors, as in Pillow; only with antialiasing.
  case lanczos

  /// Half of the filter's width, in pixels of the coarser image.
  var support: Double {
    switch self {
    case .nearest, .box: 0.5
    case .bilinear: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The antialiasing kernel at a distance in pixels of the coarser image.
  func weight(_ x: Double) -> Double {
    let d = abs(x)
    switch self {
    case .nearest, .box: return x > -0.5 && x <= 0.5 ? 1 : 0
    case .bilinear: return max(0, 1 - d)
    case .bicubic: return ResampleFilter.cubic(d, a: -0.5)
    case .lanczos: return d >= 3 ? 0 : ResampleFilter.sinc(x) * ResampleFilter.sinc(x / 3)
    }
  }

  /// Keys 1981, "Cubic convolution interpolation for digital image processing".
  static func cubic(_ d: Double, a: Double) -> Double {
    if d < 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
    if d < 2 { return (((d - 5) * d + 8) * d - 4) * a }
    return 0
  }

  private static func sinc(_ x: Double) -> Double {
    if x == 0 { return 1 }
    return sin(Double.pi * x) / (Double.pi * x)
  }
}

/// How the pixels of another size are made; see `resize2d`.
public struct ResizeSettings: Hashable, Sendable {
  /// How values between pixels are made.
  package var filter: ResampleFilter
  /// Whether downsizing takes all pixels under the filter, stretched by the ratio of the sizes.
  package var antialias: Bool
  /// Whether the centers of the corner pixels stay where they are, as with PyTorch's `align_corners`. Never with `antialias`.
  package var alignCorners: Bool

  package init(filter: ResampleFilter, antialias: Bool, alignCorners: Bool) {
    self.filter = filter
    self.antialias = antialias
    self.alignCorners = alignCorners
  }
}
