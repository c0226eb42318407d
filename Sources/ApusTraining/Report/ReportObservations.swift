import ApusFigures
import ApusLayers
import ApusSupport

/// What the layers gave, and their gradients, over the steps of a run: a band for each layer.
enum ReportObservations {
  /// Nothing where nothing was observed.
  static func add(_ log: ObservationLog, to page: inout Page) {
    if log.rows.isEmpty { return }
    page.add(
      section: "Inside the network",
      note: """
        What each layer gave in training, and the gradient of the loss with respect to it, in \
        \(Markup.counted(Set(log.rows.map(\.step)).count, "observed step")) from left to right. The band holds the middle 90 % of the \
        elements, the line is their median. A band that shrinks to nothing from layer to layer carries no signal; one that grows will \
        overflow.
        """)
    for (title, kind) in [("Values", ObservedValue.Kind.value), ("Gradients", .gradient)] {
      let figures = figures(log, kind)
      if figures.isEmpty { continue }
      page.add(html: "<h3>\(title)</h3>")
      page.add(figures)
    }
  }

  private static func figures(_ log: ObservationLog, _ kind: ObservedValue.Kind) -> [Figure] {
    var (order, found): ([String], [String: [ObservationLog.Row]]) = ([], [:])
    for row in log.rows where row.kind == kind {
      if found[row.path] == nil { order.append(row.path) }
      found[row.path, default: []].append(row)
    }
    // Gradients come backwards.
    if kind == .gradient { order.reverse() }
    return order.map { figure($0, found[$0]!, kind) }
  }

  private static func figure(_ path: String, _ rows: [ObservationLog.Row], _ kind: ObservedValue.Kind) -> Figure {
    let last = rows.last!
    let deviation = last.standardDeviation
    var facts = ["σ \(deviation < 0.01 ? deviation.plainText : deviation.compact(decimals: 2, width: 7))"]
    if last.zeros > 0.005 { facts.append("\(Markup.percent(last.zeros)) zero") }
    if let saturated = last.saturated { facts.append("\(Markup.percent(saturated)) saturated") }
    if last.finiteCount < last.count { facts.append("\((last.count - last.finiteCount).grouped) not finite") }
    let band = Figure.Series(
      x: rows.map { Double($0.step) }, y: rows.map(\.median), low: rows.map(\.low), high: rows.map(\.high))
    return Figure(
      "\(path): \(facts.joined(separator: ", "))", .lines([band], x: "step"),
      description: "\(kind.rawValue)s of \(path) by step.", width: 300, height: 130)
  }
}
