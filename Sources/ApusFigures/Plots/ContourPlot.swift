import ApusSupport

/// A function of two variables: colors, lines of equal value, and paths over them.
struct ContourPlot: PlotContent {
  /// Its first row is at the low end of y, its first column at that of x.
  let grid: ValueGrid
  let value: Figure.Axis
  let x, y: Figure.Axis
  let levels: Int
  let paths: [Figure.Series]

  /// Colors of paths, in turn: those that are seen on the scale's blues and greens.
  private static func style(_ path: Int) -> String { FigureStyle.series([1, 3, 4, 6][path % 4]) }

  /// Pixels of the colors, each way.
  private static let resolution = 96

  init(
    _ grid: ValueGrid, value: Figure.Axis, x: Figure.Axis, y: Figure.Axis, levels: Int, paths: [Figure.Series]
  ) {
    if grid.rows < 2 || grid.columns < 2 {
      fatalError("contours: \(grid.rows) rows and \(grid.columns) columns, expected at least 2 of each")
    }
    if levels < 1 { fatalError("contours: \(levels) levels, expected at least 1") }
    for (axis, name) in [(x, "x"), (y, "y")] where axis.isLogarithmic {
      fatalError("contours: \(name) is logarithmic, expected a linear axis")
    }
    (self.grid, self.value, self.levels, self.paths) = (grid, value, levels, paths)
    (self.x, self.y) = (x, y)
  }

  func size(width: Double?, height: Double?) -> Size {
    let width = width ?? 480
    return Size(width: width, height: height ?? width * 0.75)
  }

  var legend: [LegendEntry] {
    paths.enumerated().compactMap { place, path in
      path.name.isEmpty ? nil : LegendEntry(name: path.name, key: .line, style: ContourPlot.style(place))
    }
  }

  var summary: String {
    "Contours of \(value.text.isEmpty ? "a function" : value.text) over \(x.text.isEmpty ? "x" : x.text) and "
      + "\(y.text.isEmpty ? "y" : y.text)."
  }

  private var xRange: ClosedRange<Double> { x.range ?? 0...Double(grid.columns - 1) }
  private var yRange: ClosedRange<Double> { y.range ?? 0...Double(grid.rows - 1) }

  /// Of a row or column along a range, whose ends are the first and the last.
  private static func place(_ index: Double, of count: Int, _ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * index / Double(count - 1)
  }

  var table: DataTable {
    let surface = (0..<grid.rows).flatMap { row in
      (0..<grid.columns).map { column in
        [
          "", ContourPlot.place(Double(column), of: grid.columns, xRange).exactText,
          ContourPlot.place(Double(row), of: grid.rows, yRange).exactText, grid[row, column].exactText,
        ]
      }
    }
    let along = paths.flatMap { path in
      path.y.indices.map { [path.name, path.x[$0].exactText, path.y[$0].exactText, ""] }
    }
    return DataTable(columns: ["path", "x", "y", "value"], rows: surface + along)
  }

  func draw(on canvas: inout Canvas, in outer: Frame) {
    let colors = ValueColors(value, values: grid.values)
    var (xAxis, yAxis) = (x, y)
    (xAxis.range, yAxis.range) = (xRange, yRange)
    let area = PlotArea(
      outer.inset(right: colors.barWidth), x: x, y: y,
      xScale: AxisScale(xAxis, values: [], count: max(2, Int(outer.width / 90))),
      yScale: AxisScale(yAxis, values: [], count: max(2, Int(outer.height / 60))))
    let source = PictureFormat.bmp.dataURL(ofFile: PictureFormat.bitmap(of: picture(colors)))
    canvas.image(source, in: area.frame, isCrisp: false, title: summary)
    canvas.clipped(to: area.frame) { canvas in
      for level in colors.levels(levels) {
        canvas.segments(lines(at: level, area), style: "contour", title: level.plainText)
      }
      for (place, path) in paths.enumerated() {
        let points = path.y.indices.compactMap { area.point(path.x[$0], path.y[$0]) }
        canvas.polyline(points, style: "path")
        let drawing = SeriesDrawing(
          series: path, style: ContourPlot.style(place), area: area, axes: (xAxis, yAxis))
        drawing.drawLine(on: &canvas)
        drawing.drawMarks(on: &canvas)
      }
    }
    area.drawAxes(on: &canvas, rules: false)
    canvas.rectangle(area.frame, style: "frame")
    colors.drawBar(on: &canvas, beside: area.frame)
  }

  /// The colors, smooth between the values.
  private func picture(_ colors: ValueColors) -> Picture {
    let last = Double(ContourPlot.resolution - 1)
    return Picture(width: ContourPlot.resolution, height: ContourPlot.resolution) { x, y in
      // The first and the last value lie at the ends, not half a cell inside.
      let row = ((1 - Double(y) / last) * Double(grid.rows - 1) + 0.5) / Double(grid.rows)
      let column = (Double(x) / last * Double(grid.columns - 1) + 0.5) / Double(grid.columns)
      return colors.color(of: grid.interpolated(row: row, column: column))
    }
  }

  /// Where the function, linear along the sides of each cell, has a value: pairs of points (marching squares).
  func lines(at level: Double, _ area: PlotArea) -> [(Point, Point)] {
    var found: [(Point, Point)] = []
    func point(_ row: Double, _ column: Double) -> Point? {
      area.point(
        ContourPlot.place(column, of: grid.columns, xRange), ContourPlot.place(row, of: grid.rows, yRange))
    }
    for row in 0..<grid.rows - 1 {
      for column in 0..<grid.columns - 1 {
        for ((fromRow, fromColumn), (toRow, toColumn)) in crossings(at: level, row, column) {
          guard let from = point(fromRow, fromColumn), let to = point(toRow, toColumn) else { continue }
          found.append((from, to))
        }
      }
    }
    return found
  }

  /// Of one cell, in rows and columns.
  private func crossings(at level: Double, _ row: Int, _ column: Int) -> [((Double, Double), (Double, Double))] {
    // Around the cell.
    let corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
    let values = corners.map { grid[$0.0, $0.1] }
    guard values.allSatisfy(\.isDrawable) else { return [] }
    var crossed: [(Double, Double)] = []
    for side in 0..<4 {
      let next = (side + 1) % 4
      let (from, to) = (values[side], values[next])
      guard (from < level) != (to < level) else { continue }
      let part = (level - from) / (to - from)
      crossed.append(
        (
          Double(corners[side].0) + part * Double(corners[next].0 - corners[side].0),
          Double(corners[side].1) + part * Double(corners[next].1 - corners[side].1)
        ))
    }
    switch crossed.count {
    case 2: return [(crossed[0], crossed[1])]
    case 4:
      // A saddle: the mean tells which corners belong together.
      let isHigh = values.reduce(0, +) / 4 >= level
      return (values[0] >= level) == isHigh
        ? [(crossed[0], crossed[1]), (crossed[2], crossed[3])]
        : [(crossed[3], crossed[0]), (crossed[1], crossed[2])]
    default: return []
    }
  }
}
