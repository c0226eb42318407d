extension Figure.Plot {
  /// Lines through points.
  ///
  /// - Parameters:
  ///   - series: each a line, with a band where it has edges.
  ///   - x: the axis across, which ends with the numbers.
  ///   - y: the axis upward, which ends with round numbers around the values.
  ///   - events: dotted rules across the plot at places along x, with their names in the legend.
  public static func lines(
    _ series: [Figure.Series], x: Figure.Axis = "", y: Figure.Axis = "", events: [(name: String, x: Double)] = []
  ) -> Figure.Plot { .init(LinePlot(series: series, x: x, y: y, events: events)) }

  /// How many values lie between edges. Where cells have different widths, heights are counts per width of the narrowest, so
  /// that areas compare.
  ///
  /// - Parameters:
  ///   - counts: of each cell.
  ///   - edges: ascending, one more than counts: `edges[i]` and `edges[i + 1]` enclose cell i.
  ///   - x: the axis of the values.
  ///   - y: the axis of the counts.
  public static func histogram<Number: BinaryFloatingPoint>(
    counts: [Number], edges: [Number], x: Figure.Axis = "", y: Figure.Axis = ""
  ) -> Figure.Plot {
    .init(HistogramPlot(counts: counts.map { Double($0) }, edges: edges.map { Double($0) }, x: x, y: y))
  }

  /// Points, a color per class.
  public static func scatter(_ classes: [Figure.Series], x: Figure.Axis = "", y: Figure.Axis = "") -> Figure.Plot {
    .init(ScatterPlot(classes: classes, x: x, y: y))
  }

  /// Bars in groups, with error bars where a series has edges.
  ///
  /// - Parameters:
  ///   - groups: their names, from left to right.
  ///   - series: each has a bar in every group, in the order of the groups.
  ///   - y: the axis upward.
  public static func bars(groups: [String], _ series: [Figure.Series], y: Figure.Axis = "") -> Figure.Plot {
    .init(BarPlot(groups: groups, series: series, y: y))
  }

  /// A matrix, a color per value, its first row on top. Where the values, or the range of their axis, have both signs, the colors
  /// diverge from 0.
  ///
  /// - Parameters:
  ///   - values: `rows * columns` of them, row by row.
  ///   - value: what the values are; its range is that of the colors.
  ///   - x: title below the columns.
  ///   - y: title beside the rows.
  ///   - showsValues: writes each value into its cell.
  public static func heatMap(
    _ values: [some BinaryFloatingPoint], rows: Int, columns: Int, value: Figure.Axis = "", x: Figure.Axis = "",
    y: Figure.Axis = "", rowNames: [String] = [], columnNames: [String] = [], showsValues: Bool = false
  ) -> Figure.Plot {
    .init(
      HeatMapPlot(
        ValueGrid(values, rows: rows, columns: columns), value: value, x: x, y: y, rowNames: rowNames,
        columnNames: columnNames, showsValues: showsValues))
  }

  /// A function of two variables: colors, lines of equal value, and paths over them.
  ///
  /// - Parameters:
  ///   - values: `rows * columns` of them, row by row: the first row at the low end of `y`, the first column at the low end of `x`.
  ///   - value: what the values are; logarithmic where they span powers of ten.
  ///   - x: the variable of the columns; its range has the first and the last one at its ends.
  ///   - y: the variable of the rows; its range has the first and the last one at its ends.
  ///   - levels: about so many lines, at round numbers.
  ///   - paths: lines over the function, as those of optimizers.
  public static func contours(
    _ values: [some BinaryFloatingPoint], rows: Int, columns: Int, value: Figure.Axis = "", x: Figure.Axis = "",
    y: Figure.Axis = "", levels: Int = 10, paths: [Figure.Series] = []
  ) -> Figure.Plot {
    .init(
      ContourPlot(
        ValueGrid(values, rows: rows, columns: columns), value: value, x: x, y: y, levels: levels, paths: paths))
  }

  /// Pictures in rows, with captions. Small ones are enlarged with crisp pixels.
  ///
  /// - Parameters:
  ///   - columns: pictures per row; default: as many as fit into the figure's width.
  ///   - cellWidth: how wide each is shown, in CSS pixels.
  ///   - format: of the pictures inside the figure: `.png` with ApusVision.
  /// - Throws: what the format throws.
  public static func pictures(
    _ pictures: [(picture: Picture, caption: String)], columns: Int? = nil, cellWidth: Double = 96,
    format: PictureFormat = .bmp
  ) throws -> Figure.Plot {
    .init(try PictureGrid(pictures, columns: columns, cellWidth: cellWidth, format: format))
  }

  /// Boxes and the arrows between them, from top to bottom: a directed graph without circles.
  ///
  /// - Parameter nodes: each after those that it reads.
  public static func network(_ nodes: [Figure.Node]) -> Figure.Plot { .init(NetworkPlot(nodes)) }

  /// Several figures in one, row by row; default: all in one row.
  public static func panels(_ figures: [Figure], columns: Int? = nil) -> Figure.Plot {
    .init(Panels(figures, columns: columns))
  }
}
