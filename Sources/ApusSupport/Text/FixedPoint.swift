extension Double {
  /// Decimal text with a fixed number of digits after the point, rounded half to even: 0.98765 with 1 digit of its hundredfold is "98.8".
  package func formatted(decimals: Int) -> String {
    // Ten to the sixteenth is the first power that scales even 1 beyond 2^53.
    guard isFinite, decimals < 16 else { return "\(self)" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (magnitude * scale).rounded(.toNearestOrEven)
    // Beyond 2^53 there are no digits after the point to speak of.
    guard scaled < 9e15 else { return "\(self)" }
    let sign = self < 0 && scaled > 0 ? "-" : ""
    let whole = Int(scaled) / Int(scale)
    if decimals == 0 { return "\(sign)\(whole)" }
    let fraction = String(Int(scaled) % Int(scale))
    return "\(sign)\(whole)." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }

  /// A part of a whole as per cent: 0.98765 with 1 decimal is "98.8 %". Less than the whole is never shown as 100 %, nor more
  /// than nothing as 0 %: then there are more decimals, as in "99.96 %", up to `most`, and beyond them the nearest number in
  /// between, "99.999999 %".
  package func percent(decimals: Int, most: Int = 6, unit: String = " %") -> String {
    let value = 100 * self
    guard self > 0 && self < 1 else { return value.formatted(decimals: decimals) + unit }
    for places in decimals...max(decimals, most) {
      let text = value.formatted(decimals: places)
      if !text.hasPrefix("100") && text.contains(where: { ("1"..."9").contains($0) }) { return text + unit }
    }
    var step = 1.0
    for _ in 0..<most { step /= 10 }
    return (self < 0.5 ? step : 100 - step).formatted(decimals: most) + unit
  }

  /// As `formatted(decimals:)` where that has at most `width` characters, else with fewer decimals, else as `2.4e+23`: a number that keeps
  /// its column. The shortest form of all, `-1.8e+308`, has nine.
  package func compact(decimals: Int, width: Int) -> String {
    guard isFinite else { return "\(self)" }
    for places in stride(from: decimals, through: 0, by: -1) {
      let text = formatted(decimals: places)
      if text.count <= width && !text.contains("e") { return text }
    }
    var exponent = 0
    var digits = magnitude
    // In steps of exact powers where there are some: the last digit shown is far from the last one known.
    while digits >= 10 {
      digits /= 10
      exponent += 1
    }
    let sign = self < 0 ? "-" : ""
    for places in stride(from: decimals, through: 0, by: -1) {
      let mantissa = digits.formatted(decimals: places)
      // 9.96 with one decimal is 10.0.
      let text =
        mantissa.hasPrefix("10")
        ? "\(sign)\((digits / 10).formatted(decimals: places))e+\(exponent + 1)" : "\(sign)\(mantissa)e+\(exponent)"
      if text.count <= width || places == 0 { return text }
    }
    return "\(self)"
  }
}

extension Int {
  /// Decimal text with a comma between groups of three digits: 61,706.
  package var grouped: String {
    let digits = Array(String(magnitude))
    var text = self < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }
}
