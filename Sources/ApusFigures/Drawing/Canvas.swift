import ApusSupport

/// A place in a figure; y grows downward.
struct Point: Hashable, Sendable {
  var x, y: Double

  init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// Width and height in CSS pixels of a figure at its own size.
struct Size: Hashable, Sendable {
  var width, height: Double
}

/// A rectangle of a figure.
struct Frame: Hashable, Sendable {
  var left, top, width, height: Double

  var right: Double { left + width }
  var bottom: Double { top + height }
  var center: Point { Point(left + width / 2, top + height / 2) }

  func contains(_ point: Point) -> Bool {
    // What is written has two digits after the point.
    (left - 0.01...right + 0.01).contains(point.x) && (top - 0.01...bottom + 0.01).contains(point.y)
  }

  /// Without margins at its sides.
  func inset(left: Double = 0, top: Double = 0, right: Double = 0, bottom: Double = 0) -> Frame {
    Frame(
      left: self.left + left, top: self.top + top, width: max(width - left - right, 1),
      height: max(height - top - bottom, 1))
  }
}

/// SVG elements, one after the other. What they look like is said by classes of `FigureStyle`.
struct Canvas {
  private(set) var elements = ""

  enum Anchor: String { case start, middle, end }

  mutating func line(from: Point, to: Point, style: String) {
    elements +=
      #"<line class="\#(style)" x1="\#(number(from.x))" y1="\#(number(from.y))" x2="\#(number(to.x))" y2="\#(number(to.y))"/>"#
      + "\n"
  }

  /// Through points; nothing for fewer than two.
  mutating func polyline(_ points: [Point], style: String) {
    if points.count > 1 { elements += #"<polyline class="\#(style)" points="\#(list(points))"/>"# + "\n" }
  }

  mutating func polygon(_ points: [Point], style: String, title: String? = nil) {
    elements += #"<polygon class="\#(style)" points="\#(list(points))""# + end("polygon", title)
  }

  mutating func circle(_ center: Point, radius: Double, style: String, title: String? = nil) {
    elements +=
      #"<circle class="\#(style)" cx="\#(number(center.x))" cy="\#(number(center.y))" r="\#(number(radius))""#
      + end("circle", title)
  }

  /// - Parameter fill: a color that does not follow the style, as that of a value.
  mutating func rectangle(
    _ frame: Frame, style: String, fill: RGB? = nil, corner: Double = 0, title: String? = nil
  ) {
    let color = fill.map { #" fill="\#($0.hexadecimal)""# } ?? ""
    let rounded = corner > 0 ? #" rx="\#(number(corner))""# : ""
    elements += #"<rect class="\#(style)"\#(place(frame))\#(rounded)\#(color)"# + end("rect", title)
  }

  /// A cubic curve that leaves and arrives vertically.
  mutating func curve(from: Point, to: Point, style: String) {
    let middle = number((from.y + to.y) / 2)
    elements += """
      <path class="\(style)" d="M\(number(from.x)),\(number(from.y))C\(number(from.x)),\(middle) \(number(to.x)),\(middle) \
      \(number(to.x)),\(number(to.y))"/>

      """
  }

  /// Pieces of a line that belong together.
  mutating func segments(_ segments: [(Point, Point)], style: String, title: String) {
    if segments.isEmpty { return }
    let pieces = segments.map { from, to in
      "M\(number(from.x)),\(number(from.y))L\(number(to.x)),\(number(to.y))"
    }
    elements += #"<path class="\#(style)" d="\#(pieces.joined())""# + end("path", title)
  }

  /// - Parameter isTurned: reads from the bottom to the top.
  mutating func text(_ text: String, at place: Point, _ anchor: Anchor = .start, style: String, isTurned: Bool = false)
  {
    let turn = isTurned ? #" transform="rotate(-90 \#(number(place.x)) \#(number(place.y)))""# : ""
    elements += """
      <text class="\(style)" x="\(number(place.x))" y="\(number(place.y))" text-anchor="\(anchor.rawValue)"\(turn)>\
      \(Markup.escaped(text))</text>

      """
  }

  /// - Parameter source: a data URL.
  mutating func image(_ source: String, in frame: Frame, isCrisp: Bool, title: String) {
    elements +=
      #"<image\#(isCrisp ? #" class="crisp""# : "")\#(place(frame)) preserveAspectRatio="none" href="\#(source)""#
      + end("image", title)
  }

  /// What `draw` adds shows inside `frame` only.
  mutating func clipped(to frame: Frame, _ draw: (inout Canvas) -> Void) {
    elements += """
      <svg\(place(frame)) viewBox="\(number(frame.left)) \(number(frame.top)) \(number(frame.width)) \(number(frame.height))">

      """
    draw(&self)
    elements += "</svg>\n"
  }

  private func end(_ element: String, _ title: String?) -> String {
    (title.map { "><title>\(Markup.escaped($0))</title></\(element)>" } ?? "/>") + "\n"
  }

  private func place(_ frame: Frame) -> String {
    #" x="\#(number(frame.left))" y="\#(number(frame.top))" width="\#(number(frame.width))" height="\#(number(frame.height))""#
  }

  private func list(_ points: [Point]) -> String {
    points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
  }

  private func number(_ value: Double) -> String { value.formatted(decimals: 2) }

  /// About as wide as a text of the figure's small size is: browsers choose the font, so this must be generous.
  static func width(of text: String, size: Double = 12) -> Double { Double(text.count) * size * 0.62 }
}
