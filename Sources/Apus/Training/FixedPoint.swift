extension Double {
  /// Decimal text with a fixed number of digits after the point, rounded half to even: 0.98765 with 1 digit of its hundredfold is "98.8".
  public func formatted(decimals: Int) -> String {
    guard isFinite else { return "\(self)" }
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
}

extension Int {
  /// Decimal text with a comma between groups of three digits: 61,706.
  public var grouped: String {
    let digits = Array(String(magnitude))
    var text = self < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }
}
