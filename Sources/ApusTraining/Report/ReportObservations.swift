import ApusLayers

/// What the layers gave, and their gradients, over the steps of a run: a band for each layer.
struct ReportObservations {
  private let layers: [(path: String, rows: [ObservationLog.Row])]
  private let kind: ObservedValue.Kind

  // The drawing of one layer.
  private static let width = 220.0
  private static let height = 84.0
  private static let left = 46.0

  /// `nil` where nothing was observed.
  static func section(_ log: ObservationLog) -> String? {
    if log.rows.isEmpty { return nil }
    let parts = [("Values", ObservedValue.Kind.value), ("Gradients", .gradient)].compactMap { title, kind -> String? in
      let bands = ReportObservations(log, kind)
      return bands.layers.isEmpty ? nil : "<h3>\(title)</h3>\n<div class=\"bands\">\n\(bands.html)\n</div>"
    }
    let steps = Set(log.rows.map(\.step)).count
    return """
      <section>
      <h2>Inside the network</h2>
      <p class="note">What each layer gave in training, and the gradient of the loss with respect to it, in \
      \(HTML.counted(steps, "observed step")) from left to right. The band holds the middle 90 % of the elements, the line is their \
      median. A band that shrinks to nothing from layer to layer carries no signal; one that grows will overflow.</p>
      \(parts.joined(separator: "\n"))
      </section>
      """
  }

  private init(_ log: ObservationLog, _ kind: ObservedValue.Kind) {
    self.kind = kind
    var (order, found): ([String], [String: [ObservationLog.Row]]) = ([], [:])
    for row in log.rows where row.kind == kind {
      if found[row.path] == nil { order.append(row.path) }
      found[row.path, default: []].append(row)
    }
    // Gradients come backwards.
    layers = (kind == .gradient ? order.reversed() : order).map { ($0, found[$0]!) }
  }

  private var html: String {
    layers.map { path, rows in
      let last = rows.last!
      var facts = ["σ \(text(last.standardDeviation))"]
      if last.zeros > 0.005 { facts.append("\(HTML.percent(last.zeros)) zero") }
      if let saturated = last.saturated { facts.append("\(HTML.percent(saturated)) saturated") }
      if last.finiteCount < last.count { facts.append("\((last.count - last.finiteCount).grouped) not finite") }
      return """
        <figure>\(drawing(path, rows))<figcaption><b>\(HTML.escaped(path))</b> \(facts.joined(separator: ", "))</figcaption></figure>
        """
    }.joined(separator: "\n")
  }

  private func drawing(_ path: String, _ rows: [ObservationLog.Row]) -> String {
    let (width, height, left) = (ReportObservations.width, ReportObservations.height, ReportObservations.left)
    let drawn = rows.filter { $0.low.isFinite && $0.high.isFinite }
    guard let first = drawn.first, let last = drawn.last else { return "" }
    let (low, high) = (drawn.map(\.low).min()!, drawn.map(\.high).max()!)
    let span = high > low ? high - low : max(abs(high), 1e-30)
    func x(_ step: Int) -> Double {
      // One step alone is a level.
      left + (last.step == first.step ? 0 : Double(step - first.step) / Double(last.step - first.step)) * (width - left)
    }
    func y(_ value: Double) -> Double { 6 + (high - value) / span * (height - 12) }
    func points(_ value: (ObservationLog.Row) -> Double) -> [String] {
      let all = drawn.map { "\(number(x($0.step))),\(number(y(value($0))))" }
      return drawn.count > 1 ? all : all + ["\(number(width)),\(number(y(value(first))))"]
    }
    let zero =
      low < 0 && high > 0
      ? #"<line class="grid" x1="\#(number(left))" x2="\#(number(width))" y1="\#(number(y(0)))" y2="\#(number(y(0)))"/>"#
      : ""
    return """
      <svg class="chart" viewBox="0 0 \(Int(width)) \(Int(height))" role="img" \
      aria-label="\(kind.rawValue)s of \(HTML.escaped(path)) by step">\(zero)\
      <polygon class="band \(kind.rawValue)" points="\((points(\.high) + points(\.low).reversed()).joined(separator: " "))"/>\
      <polyline class="line \(kind.rawValue)" points="\(points(\.median).joined(separator: " "))"/>\
      <text class="tick" x="\(number(left - 6))" y="14" text-anchor="end">\(text(high))</text>\
      <text class="tick" x="\(number(left - 6))" y="\(number(height - 4))" text-anchor="end">\(text(low))</text></svg>
      """
  }

  /// Two digits, in the margin's width.
  private func text(_ value: Double) -> String { value.compact(decimals: 2, width: 7) }
  private func number(_ value: Double) -> String { value.formatted(decimals: 1) }
}
