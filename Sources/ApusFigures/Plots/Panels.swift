import ApusSupport

/// Several figures in one, row by row.
struct Panels: PlotContent {
  let figures: [Figure]
  let columns: Int

  init(_ figures: [Figure], columns: Int?) {
    if let columns, columns < 1 { fatalError("panels: \(columns) columns, expected at least 1") }
    self.figures = figures
    self.columns = columns ?? max(figures.count, 1)
  }

  /// What each takes, given a width for all.
  private func layouts(width: Double?) -> [FigureLayout] {
    // About as wide as two figures side by side.
    let share = (width ?? min(Double(columns) * 380, 1100)) / Double(columns) - 16
    return figures.map { FigureLayout($0, isPanel: true, width: max(share, 60)) }
  }

  /// Widths of columns and heights of rows.
  private func measures(_ layouts: [FigureLayout]) -> (widths: [Double], heights: [Double]) {
    var widths = [Double](repeating: 0, count: min(columns, max(layouts.count, 1)))
    var heights = [Double](repeating: 0, count: (layouts.count + columns - 1) / columns)
    for (place, layout) in layouts.enumerated() {
      widths[place % columns] = max(widths[place % columns], layout.size.width)
      heights[place / columns] = max(heights[place / columns], layout.size.height)
    }
    return (widths, heights)
  }

  func size(width: Double?, height: Double?) -> Size {
    let (widths, heights) = measures(layouts(width: width))
    return Size(width: max(widths.reduce(0, +), 40), height: max(heights.reduce(0, +), 1))
  }

  var summary: String { figures.map { "\($0.title): \($0.description)" }.joined(separator: " ") }

  var table: DataTable {
    .joined(figures.map { ($0.title, $0.content.table) }, by: "panel")
  }

  func draw(on canvas: inout Canvas, in frame: Frame) {
    let layouts = layouts(width: frame.width)
    let (widths, heights) = measures(layouts)
    for (place, layout) in layouts.enumerated() {
      // Those of a row end at one height, however many lines their titles have.
      let bottom = frame.top + heights[...(place / columns)].reduce(0, +)
      layout.draw(
        on: &canvas, left: frame.left + widths[..<(place % columns)].reduce(0, +), top: bottom - layout.size.height)
    }
  }
}
