/// Title, legend and plot, one below the other.
struct FigureLayout {
  private let figure: Figure
  private let isPanel: Bool
  private let titleLines: [String]
  private let legend: Legend
  private let plot: Size
  private let headerWidth: Double

  private static let margin = 8.0
  private static let lineHeight = 18.0

  /// - Parameter isPanel: one of several in a figure, with a smaller title.
  init(_ figure: Figure, isPanel: Bool = false, width: Double? = nil) {
    self.figure = figure
    self.isPanel = isPanel
    plot = figure.content.size(width: figure.width ?? width, height: figure.height)
    // Above a narrow plot a title is wider than it, to stay in few lines.
    headerWidth = isPanel ? plot.width : max(plot.width, 280)
    titleLines =
      figure.title.isEmpty
      ? [] : TextLines.wrapped(figure.title, width: headerWidth, size: isPanel ? 12.5 : 14, most: 3)
    legend = Legend(figure.content.legend, width: headerWidth)
  }

  private var header: Double {
    Double(titleLines.count) * FigureLayout.lineHeight + legend.height + (titleLines.isEmpty ? 0 : 4)
  }

  var size: Size {
    Size(
      width: max(plot.width, headerWidth) + 2 * FigureLayout.margin,
      height: plot.height + header + 2 * FigureLayout.margin)
  }

  func draw(on canvas: inout Canvas, left: Double = 0, top: Double = 0) {
    let (left, top) = (left + FigureLayout.margin, top + FigureLayout.margin)
    for (place, line) in titleLines.enumerated() {
      canvas.text(
        line, at: Point(left, top + Double(place) * FigureLayout.lineHeight + 13), style: isPanel ? "subtitle" : "title"
      )
    }
    legend.draw(
      on: &canvas, left: left, top: top + Double(titleLines.count) * FigureLayout.lineHeight)
    figure.content.draw(
      on: &canvas, in: Frame(left: left, top: top + header, width: plot.width, height: plot.height))
  }
}

/// Texts broken into lines, which SVG does not do.
enum TextLines {
  /// At spaces, and inside words that are too long; what is left behind the last line is an ellipsis.
  static func wrapped(_ text: String, width: Double, size: Double, most: Int) -> [String] {
    let room = max(4, Int(width / Canvas.width(of: "x", size: size)))
    var lines: [String] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      var rest = word
      if let last = lines.last, last.count + 1 + rest.count <= room {
        lines[lines.count - 1] = last + " " + rest
        continue
      }
      while rest.count > room {
        lines.append(String(rest.prefix(room)))
        rest = rest.dropFirst(room)
      }
      lines.append(String(rest))
    }
    guard lines.count > most else { return lines }
    return lines[..<(most - 1)] + [lines[most - 1].prefix(room - 1) + "…"]
  }
}
