import CApus

/// What C says of a channel's numbers; see apus/statistics.h.
package struct Moments {
  package var count, finite, zeros, ends: Int
  package var mean, variance: Double
  package var least, largest: Float

  fileprivate init(_ native: apus_moments) {
    (count, finite, zeros, ends) = (Int(native.count), Int(native.finite), Int(native.zeros), Int(native.ends))
    (mean, variance, least, largest) = (native.mean, native.variance, native.least, native.largest)
  }
}

extension Kernels {
  /// Of each channel of x as [rows, channels], float32 or float64. `ends`: what is at one of them or beyond is counted apart.
  package static func moments(_ x: Tensor, channels: Int, ends: ClosedRange<Float>?) -> [Moments] {
    let rows = Int64(channels == 0 ? 0 : x.elementCount / channels)
    let (low, high) = (ends?.lowerBound ?? -.infinity, ends?.upperBound ?? .infinity)
    let found = [apus_moments](unsafeUninitializedCapacity: channels) { moments, filled in
      if x.scalarType == .float64 {
        x.withUnsafeScalars(of: Double.self) {
          apus_moments_reference_f64(rows, Int64(channels), $0.baseAddress, low, high, moments.baseAddress)
        }
      } else {
        withScratch(Int(apus_moments_scratch(rows, Int64(channels)))) { scratch in
          apus_moments_f32(rows, Int64(channels), x.floats, low, high, moments.baseAddress, scratch)
        }
      }
      filled = channels
    }
    return withExtendedLifetime(x) { found.map(Moments.init) }
  }

  /// Of every `step`th element of float32.
  package static func histogram(_ x: Tensor, every step: Int, in range: ClosedRange<Float>, bins: Int) -> [Int64] {
    let counts = [Int64](unsafeUninitializedCapacity: bins) { counts, filled in
      apus_histogram_f32(
        Int64(x.elementCount), Int64(step), x.floats, range.lowerBound, range.upperBound, Int64(bins),
        counts.baseAddress)
      filled = bins
    }
    return withExtendedLifetime(x) { counts }
  }
}
