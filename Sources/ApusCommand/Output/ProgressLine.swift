/// The line that is redrawn while something takes long.
enum ProgressLine {
  private static let longestBar = 30, shortestBar = 5

  /// Label, bar and as many of the parts, the most important first, as fit into one line less than `width`: a line that wraps
  /// could not be redrawn. Whole parts are left out, never cut, before the bar is, and the bar before the label.
  static func text(label: String, fraction: Double, _ parts: [String], width: Int) -> String {
    let room = max(width - 1, 0)
    for count in stride(from: parts.count, through: 0, by: -1) {
      let shown = parts.prefix(count).joined(separator: "  ")
      let barRoom = room - label.count - 1 - (count > 0 ? shown.count + 1 : 0) - 2
      if barRoom >= shortestBar {
        let bar = Table.bar(fraction, width: min(longestBar, barRoom))
        return "\(label) \(bar)" + (count > 0 ? " \(shown)" : "")
      }
      if count == 1 && label.count + 1 + shown.count <= room { return "\(label) \(shown)" }
    }
    return String(label.prefix(room))
  }

  /// `42 s`, `3 min 20 s`, `2 h 5 min`.
  static func duration(_ seconds: Double) -> String {
    let seconds = Int(seconds.rounded(.up))
    if seconds < 60 { return "\(seconds) s" }
    let minutes = seconds / 60
    return minutes < 60 ? "\(minutes) min \(seconds % 60) s" : "\(minutes / 60) h \(minutes % 60) min"
  }
}
