import ApusSupport

/// A directed graph without circles: boxes in layers, arrows between them, shapes beside arrows.
struct NetworkPlot: PlotContent {
  private let nodes: [Figure.Node]
  private let layout: NetworkLayout
  private let groups: [String]

  private static let gap = 34.0
  /// Of the shape below what leaves the graph.
  private static let labelHeight = 18.0

  init(_ nodes: [Figure.Node]) {
    for (place, node) in nodes.enumerated() {
      if let wrong = node.sources.first(where: { !(0..<place).contains($0) }) {
        fatalError("network: node \(place), \"\(node.title)\", reads node \(wrong), expected one before it")
      }
    }
    self.nodes = nodes
    layout = NetworkLayout(sources: nodes.map(\.sources), widths: nodes.map(NetworkPlot.width))
    var groups: [String] = []
    for node in nodes where !node.group.isEmpty && !groups.contains(node.group) { groups.append(node.group) }
    self.groups = groups
  }

  private static func width(of node: Figure.Node) -> Double {
    max(Canvas.width(of: node.title), Canvas.width(of: node.detail, size: 11), 30) + 18
  }

  private static func height(of node: Figure.Node) -> Double { node.detail.isEmpty ? 26 : 40 }

  private var layerHeights: [Double] {
    layout.layers.map { layer in
      layer.compactMap { layout.vertices[$0].node }.map { NetworkPlot.height(of: nodes[$0]) }.max() ?? 26
    }
  }

  /// A label stands to the right of the arrow that leaves its box, and may be the last thing there.
  private var labelOverhang: Double {
    let reach =
      nodes.indices.map { layout.vertices[$0].x + 6 + Canvas.width(of: nodes[$0].output, size: 11) }.max() ?? 0
    return max(0, reach - layout.width)
  }

  func size(width: Double?, height: Double?) -> Size {
    let heights = layerHeights
    return Size(
      width: max(layout.width + labelOverhang + 4, 120),
      height: heights.reduce(0, +) + NetworkPlot.gap * Double(max(heights.count - 1, 0)) + 8
        + NetworkPlot.labelHeight)
  }

  var legend: [LegendEntry] {
    groups.enumerated().map { LegendEntry(name: $1, key: .area, style: FigureStyle.series($0)) }
  }

  var summary: String {
    let edges = nodes.reduce(0) { $0 + $1.sources.count }
    return "Graph of \(Markup.counted(nodes.count, "node")) and \(Markup.counted(edges, "edge"))."
  }

  var table: DataTable {
    let rows = nodes.enumerated().map { place, node in
      [
        "\(place)", node.title, node.detail, node.sources.map(String.init).joined(separator: " "), node.output,
        node.group,
      ]
    }
    return DataTable(columns: ["node", "title", "detail", "from", "output", "group"], rows: rows)
  }

  func draw(on canvas: inout Canvas, in frame: Frame) {
    let heights = layerHeights
    var tops: [Double] = []
    var top = frame.top + 4
    for height in heights {
      tops.append(top)
      top += height + NetworkPlot.gap
    }
    let left = frame.left + (frame.width - layout.width - labelOverhang) / 2
    /// Where an arrow leaves a vertex, or arrives at it.
    func end(_ vertex: Int, isUpper: Bool) -> Point {
      let own = layout.vertices[vertex]
      let middle = tops[own.layer] + heights[own.layer] / 2
      let half = own.node.map { NetworkPlot.height(of: nodes[$0]) / 2 } ?? heights[own.layer] / 2
      return Point(left + own.x, isUpper ? middle - half : middle + half)
    }
    for routes in layout.routes {
      for route in routes { draw(route, on: &canvas, end) }
    }
    for (place, node) in nodes.enumerated() {
      let own = layout.vertices[place]
      let size = Size(width: own.width, height: NetworkPlot.height(of: node))
      let middle = Point(left + own.x, tops[own.layer] + heights[own.layer] / 2)
      draw(node, on: &canvas, middle, size)
      // What nobody reads leaves the graph: its shape stands below it.
      if !node.output.isEmpty {
        canvas.text(node.output, at: Point(middle.x + 6, middle.y + size.height / 2 + 14), style: "small halo")
      }
    }
  }

  private func draw(_ node: Figure.Node, on canvas: inout Canvas, _ middle: Point, _ size: Size) {
    let style = groups.firstIndex(of: node.group).map(FigureStyle.series) ?? "c6"
    canvas.rectangle(
      Frame(left: middle.x - size.width / 2, top: middle.y - size.height / 2, width: size.width, height: size.height),
      style: "node " + style, corner: 5,
      title: [node.title, node.detail, node.output].filter { !$0.isEmpty }.joined(separator: "\n"))
    if node.detail.isEmpty {
      canvas.text(node.title, at: Point(middle.x, middle.y + 4), .middle, style: "label")
    } else {
      canvas.text(node.title, at: Point(middle.x, middle.y - 3), .middle, style: "label")
      canvas.text(node.detail, at: Point(middle.x, middle.y + 13), .middle, style: "small")
    }
  }

  private func draw(_ route: [Int], on canvas: inout Canvas, _ end: (Int, Bool) -> Point) {
    for (place, (upper, lower)) in zip(route, route.dropFirst()).enumerated() {
      let (from, to) = (end(upper, false), end(lower, true))
      let isLast = place == route.count - 2
      // Through the layers that it crosses the arrow goes straight down.
      if place > 0 { canvas.line(from: end(upper, true), to: from, style: "edge") }
      canvas.curve(from: from, to: Point(to.x, isLast ? to.y - 5 : to.y), style: "edge")
      if isLast {
        canvas.polygon([to, Point(to.x - 4, to.y - 7), Point(to.x + 4, to.y - 7)], style: "arrow")
      }
    }
  }
}
