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

  /// 0.9876 as "98.8 %".
  static func percent(_ value: Double, decimals: Int = 1) -> String {
    (100 * value).formatted(decimals: decimals) + "\u{202F}%"
  }
}
