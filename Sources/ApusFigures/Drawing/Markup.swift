import ApusSupport

/// Building blocks of figures and pages. Every text that comes from outside goes through `escaped`.
package enum Markup {
  /// Safe as text and inside a quoted attribute of HTML and of XML, which knows no other control characters than line ends and tabs.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t", "\r": result.unicodeScalars.append(scalar)
      case "\0"..<" ", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// 0.9876 as "98.8 %"; see `Double.percent`.
  package static func percent(_ value: Double, decimals: Int = 1) -> String {
    value.percent(decimals: decimals, unit: "\u{202F}%")
  }

  /// "1 epoch", "2 epochs".
  package static func counted(_ count: Int, _ noun: String) -> String {
    "\(count.grouped) \(noun)\(count == 1 ? "" : "s")"
  }
}
