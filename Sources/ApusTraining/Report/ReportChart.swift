import ApusLayers

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A line chart as SVG: values per epoch, with axes, a legend and, through the page's script, the values under the pointer.
package struct ReportChart {
  struct Series {
    var name: String
    /// Class in the style sheet.
    var style: String
    var values: [Double]
  }

  var title: String
  /// Written after values: "" or "%".
  var unit: String
  var epochs: [Int]
  var series: [Series]
  /// Epoch of the model that was kept.
  var kept: Int?
  /// Axis limits that the values must stay in, for instance 0 and 100 for per cent.
  var bounds: ClosedRange<Double>
  /// A logarithmic axis where the values span more than a factor of 20.
  var prefersLogarithm = false

  // The drawing's size and the margins around the plot.
  private let width = 480.0
  private let height = 300.0
  private let left = 50.0
  private let right = 14.0
  private let top = 14.0
  private let bottom = 40.0

  private var range: (smallest: Double, largest: Double) {
    let values = series.flatMap(\.values)
    return (values.min() ?? 0, values.max() ?? 1)
  }

  var isLogarithmic: Bool { prefersLogarithm && range.smallest > 0 && range.largest > 20 * range.smallest }

  /// A value's place along the axis.
  private func place(_ value: Double) -> Double { isLogarithmic ? log10(value) : value }

  var svg: String {
    let (smallest, largest) = range
    let ticks =
      isLogarithmic
      ? AxisTicks.logarithmic(from: smallest, to: largest)
      : AxisTicks.linear(from: smallest, to: largest, within: bounds)
    let (low, high) = (place(ticks.first!), place(ticks.last!))
    func x(_ epoch: Int) -> Double {
      let span = Double(max(1, epochs.last! - epochs.first!))
      let part = epochs.count == 1 ? 0.5 : Double(epoch - epochs.first!) / span
      return left + part * (width - left - right)
    }
    func y(_ value: Double) -> Double {
      height - bottom - (place(value) - low) / (high - low) * (height - top - bottom)
    }

    var svg = """
      <svg class="chart" viewBox="0 0 \(Int(width)) \(Int(height))" role="img" aria-label="\(HTML.escaped(title)) by epoch" \
      data-x="\(epochs.map { number(x($0)) }.joined(separator: " "))" \
      data-epochs="\(epochs.map(String.init).joined(separator: " "))">

      """
    for tick in ticks {
      let decimals = isLogarithmic ? AxisTicks.decimals(of: tick) : AxisTicks.decimals(of: ticks[1] - ticks[0])
      svg += """
        <line class="grid" x1="\(number(left))" x2="\(number(width - right))" y1="\(number(y(tick)))" y2="\(number(y(tick)))"/>\
        <text class="tick" x="\(number(left - 8))" y="\(number(y(tick) + 4))" text-anchor="end">\
        \(ReportChart.tickText(tick, decimals))\(unit.isEmpty ? "" : " " + unit)</text>

        """
    }
    for epoch in ReportChart.labeled(epochs) {
      svg += """
        <text class="tick" x="\(number(x(epoch)))" y="\(number(height - bottom + 18))" text-anchor="middle">\(epoch)</text>

        """
    }
    svg += """
      <text class="tick" x="\(number((left + width - right) / 2))" y="\(number(height - 5))" text-anchor="middle">epoch</text>

      """
    if let kept, epochs.contains(kept) {
      svg += """
        <line class="kept" x1="\(number(x(kept)))" x2="\(number(x(kept)))" y1="\(number(top))" y2="\(number(height - bottom))"/>

        """
    }
    for line in series {
      let points = zip(epochs, line.values).map { (x($0), y($1)) }
      svg += """
        <polyline class="line \(line.style)" points="\(points.map { number($0) + "," + number($1) }.joined(separator: " "))"/>

        """
      if points.count <= 40 {
        for (px, py) in points {
          svg += #"<circle class="dot \#(line.style)" cx="\#(number(px))" cy="\#(number(py))" r="2.6"/>"#
        }
        svg += "\n"
      }
      svg += """
        <g class="probe" data-name="\(HTML.escaped(line.name))" data-style="\(line.style)" data-unit="\(HTML.escaped(unit))" \
        data-y="\(points.map { number($0.1) }.joined(separator: " "))" \
        data-values="\(line.values.map { $0.compact(decimals: unit.isEmpty ? 4 : 2, width: 10) }.joined(separator: " "))">\
        <circle class="mark \(line.style)" r="4.5"/></g>

        """
    }
    svg += """
      <line class="cursor" y1="\(number(top))" y2="\(number(height - bottom))"/>
      <rect class="sensor" x="\(number(left))" y="\(number(top))" width="\(number(width - left - right))" \
      height="\(number(height - top - bottom))"/>
      </svg>
      """
    return svg
  }

  var legend: String {
    let entries = series.map { #"<span><i class="\#($0.style)"></i>\#(HTML.escaped($0.name))</span>"# }
    return
      #"<p class="legend">\#((entries + (kept == nil ? [] : ["<span><i class=\"kept\"></i>model kept</span>"])).joined())</p>"#
  }

  /// In the margin there is room for seven characters.
  package static func tickText(_ value: Double, _ decimals: Int) -> String {
    let text = value.formatted(decimals: decimals)
    if text.count <= 7 { return text }
    return value.magnitude < 1 ? "\(Float(value))" : value.compact(decimals: 0, width: 7)
  }

  private func number(_ value: Double) -> String { value.formatted(decimals: 1) }

  /// At most about ten epochs to write under the axis, at round distances.
  private static func labeled(_ epochs: [Int]) -> [Int] {
    let step = max(1, Int(AxisTicks.roundStep(Double(epochs.last! - epochs.first!) / 10)))
    return epochs.filter { step == 1 || $0 % step == 0 }
  }
}
