import ApusSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Round numbers to write along an axis.
package enum AxisTicks {
  /// Round numbers that enclose the values: 1, 2 or 5 times a power of ten apart, about `count` of them.
  ///
  /// - Parameter isWhole: between whole numbers, as epochs are, there is nothing to write.
  package static func linear(
    from low: Double, to high: Double, within bounds: ClosedRange<Double>, count: Int = 6, isWhole: Bool = false
  ) -> [Double] {
    let largest = max(abs(low), abs(high))
    // Values that differ by rounding alone are drawn as one; numbers so near to 0 have no steps between them.
    let spread = largest < 1e-300 ? 1 : max(high - low, largest * 1e-3)
    let step = max(roundStep(spread / Double(count)), isWhole ? 1 : 0)
    let first = max((low / step).rounded(.down), (bounds.lowerBound / step).rounded(.down))
    var last = min((high / step).rounded(.up), (bounds.upperBound / step).rounded(.up))
    if last <= first { last = first + 1 }
    return stride(from: first, through: last, by: 1).map { $0 * step }
  }

  /// The smallest of 1, 2 and 5 times a power of ten that is not below `value`.
  static func roundStep(_ value: Double) -> Double {
    let power = pow(10, log10(value).rounded(.down))
    return ([1, 2, 5].map { $0 * power }.first { $0 >= value * (1 - 1e-9) }) ?? 10 * power
  }

  /// 1, 2 and 5 times powers of ten that enclose the values; 1 and 3 times, powers alone, or every so many powers, where those would be
  /// many.
  package static func logarithmic(from low: Double, to high: Double) -> [Double] {
    let (lowest, highest) = (Int(log10(low).rounded(.down)), Int(log10(high).rounded(.up)))
    let step = max(1, (highest - lowest + 11) / 12)
    let powers = Array(stride(from: lowest, to: highest + step, by: step))
    let factors: [Double] = powers.count > 7 ? [1] : powers.count > 4 ? [1, 3] : [1, 2, 5]
    let all = powers.flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
    let first = all.lastIndex { $0 <= low * (1 + 1e-9) } ?? 0
    let last = all.firstIndex { $0 >= high * (1 - 1e-9) } ?? all.count - 1
    return Array(all[first...max(last, first)])
  }

  /// Digits after the point that a multiple of `step` needs, which is a digit times a power of ten.
  static func decimals(of step: Double) -> Int { max(0, Int((-log10(step) - 1e-9).rounded(.up))) }

  /// In the margin there is room for seven characters.
  package static func text(_ value: Double, decimals: Int) -> String {
    let text = value.formatted(decimals: decimals)
    if text.count <= 7 { return text }
    if value.magnitude >= 1 {
      let short = value.compact(decimals: 0, width: 7)
      // 1.5 billion is not 2e+9.
      return abs((Double(short) ?? value) - value) <= value.magnitude * 1e-9
        ? short : value.compact(decimals: 2, width: 9)
    }
    // The shortest text of single precision has no rounding of the product of step and number.
    return value.magnitude > 1e-37 ? "\(Float(value))" : "\(value)"
  }
}
