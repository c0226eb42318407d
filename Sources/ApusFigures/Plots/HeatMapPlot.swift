import ApusSupport

/// A color per value of a matrix, its first row on top.
struct HeatMapPlot: PlotContent {
  let grid: ValueGrid
  let value: Figure.Axis
  let x, y: Figure.Axis
  let rowNames, columnNames: [String]
  let showsValues: Bool

  /// More cells are one picture.
  private static let mostRectangles = 1600

  init(
    _ grid: ValueGrid, value: Figure.Axis, x: Figure.Axis, y: Figure.Axis, rowNames: [String], columnNames: [String],
    showsValues: Bool
  ) {
    for (names, count, kind) in [(rowNames, grid.rows, "row"), (columnNames, grid.columns, "column")]
    where !names.isEmpty && names.count != count {
      fatalError("heat map: \(names.count) \(kind) names for \(count) \(kind)s")
    }
    (self.grid, self.value, self.x, self.y) = (grid, value, x, y)
    (self.rowNames, self.columnNames, self.showsValues) = (rowNames, columnNames, showsValues)
  }

  func size(width: Double?, height: Double?) -> Size {
    let width = width ?? 480
    let cells = width - 130
    return Size(
      width: width,
      height: height ?? min(max(cells * Double(grid.rows) / Double(grid.columns), 60), 2 * width) + bottomMargin + 7)
  }

  var summary: String {
    "Heat map of \(grid.rows) rows and \(grid.columns) columns" + (value.text.isEmpty ? "." : ": \(value.text).")
  }

  var table: DataTable {
    let rows = (0..<grid.rows).flatMap { row in
      (0..<grid.columns).map { column in
        [name(row, rowNames), name(column, columnNames), grid[row, column].exactText]
      }
    }
    return DataTable(columns: ["row", "column", "value"], rows: rows)
  }

  private func name(_ place: Int, _ names: [String]) -> String { names.isEmpty ? "\(place)" : names[place] }

  // Column names stand upright: they may be longer than a cell is wide.
  private var bottomMargin: Double {
    let names = columnNames.map { Canvas.width(of: BarPlot.shortened($0, width: 110)) }.max() ?? 0
    return (columnNames.isEmpty ? 2 : names + 10) + (x.text.isEmpty ? 0 : 18)
  }

  func draw(on canvas: inout Canvas, in outer: Frame) {
    let colors = ValueColors(value, values: grid.values)
    let names = rowNames.map { Canvas.width(of: BarPlot.shortened($0, width: 110)) }.max() ?? 0
    let frame = outer.inset(
      left: (rowNames.isEmpty ? 2 : names + 8) + (y.text.isEmpty ? 0 : 18), top: 7, right: colors.barWidth,
      bottom: bottomMargin)
    let cell = Size(width: frame.width / Double(grid.columns), height: frame.height / Double(grid.rows))
    if grid.values.count <= HeatMapPlot.mostRectangles {
      drawCells(on: &canvas, frame, cell, colors)
    } else {
      let picture = Picture(width: grid.columns, height: grid.rows) { x, y in colors.color(of: grid[y, x]) }
      canvas.image(
        PictureFormat.bmp.dataURL(ofFile: PictureFormat.bitmap(of: picture)), in: frame, isCrisp: true, title: summary)
    }
    drawNames(on: &canvas, frame, cell)
    colors.drawBar(on: &canvas, beside: frame)
  }

  private func drawCells(on canvas: inout Canvas, _ frame: Frame, _ cell: Size, _ colors: ValueColors) {
    for row in 0..<grid.rows {
      for column in 0..<grid.columns {
        let value = grid[row, column]
        let place = Frame(
          left: frame.left + Double(column) * cell.width, top: frame.top + Double(row) * cell.height,
          width: cell.width, height: cell.height)
        canvas.rectangle(
          place, style: "cell", fill: colors.color(of: value),
          title: "\(name(row, rowNames)), \(name(column, columnNames)): \(value.plainText)")
        if showsValues {
          let text = value.isFinite ? value.compact(decimals: 2, width: 5) : value.plainText
          canvas.text(
            text, at: Point(place.center.x, place.center.y + 4), .middle, style: colors.isDark(value) ? "on" : "under")
        }
      }
    }
  }

  private func drawNames(on canvas: inout Canvas, _ frame: Frame, _ cell: Size) {
    for (row, name) in rowNames.enumerated() where cell.height >= 9 || row % Int(12 / cell.height + 1) == 0 {
      let middle = frame.top + (Double(row) + 0.5) * cell.height
      canvas.text(
        BarPlot.shortened(name, width: 110), at: Point(frame.left - 6, middle + 4), .end, style: "tick")
    }
    for (column, name) in columnNames.enumerated() where cell.width >= 9 || column % Int(12 / cell.width + 1) == 0 {
      let middle = frame.left + (Double(column) + 0.5) * cell.width
      canvas.text(
        BarPlot.shortened(name, width: 110), at: Point(middle + 4, frame.bottom + 6), .end, style: "tick",
        isTurned: true)
    }
    if !x.text.isEmpty {
      canvas.text(x.text, at: Point(frame.center.x, frame.bottom + bottomMargin - 5), .middle, style: "axis")
    }
    if !y.text.isEmpty {
      let names = rowNames.map { Canvas.width(of: BarPlot.shortened($0, width: 110)) }.max() ?? 0
      canvas.text(
        y.text, at: Point(frame.left - names - (rowNames.isEmpty ? 8 : 14), frame.center.y), .middle, style: "axis",
        isTurned: true)
    }
  }
}
