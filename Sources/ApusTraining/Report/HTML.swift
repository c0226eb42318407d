/// Building blocks of a page. Every text that comes from outside goes through `escaped`.
enum HTML {
  /// Safe as text and inside a quoted attribute.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// 0.9876 as "98.8 %"; see `Double.percent`.
  static func percent(_ value: Double, decimals: Int = 1) -> String {
    value.percent(decimals: decimals, unit: "\u{202F}%")
  }

  /// "1 epoch", "2 epochs".
  static func counted(_ count: Int, _ noun: String) -> String { "\(count.grouped) \(noun)\(count == 1 ? "" : "s")" }
}
