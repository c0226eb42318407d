import ApusSupport

/// A drawing of numbers or pictures with a title: a file of its own, with its numbers beside it, or part of a `Page`.
///
/// ```swift
/// let figure = Figure(
///   "Loss", .lines([.init("training", y: training), .init("validation", y: validation)], x: "epoch", y: .logarithmic("loss")))
/// try figure.write(to: "loss.svg")  // and loss.csv
/// ```
/// It has light and dark colors, which follow the reader's, and prints on white; colors are told apart with every kind of color vision.
/// What is not finite is never left out in silence: a line has a gap with a mark, a heat map a gray cell.
public struct Figure: Sendable {
  package let title: String
  /// For those who do not see it.
  let description: String
  let content: any PlotContent
  let width, height: Double?

  /// A figure of a plot.
  ///
  /// - Parameters:
  ///   - title: above the plot, and what screen readers say first.
  ///   - plot: what is drawn.
  ///   - description: a sentence for those who do not see it; default: what kind of plot of what it is.
  ///   - width: in CSS pixels. Pages show the figure somewhat smaller where they have less room, and let it scroll below that.
  ///   - height: of the plot, without title and legend.
  public init(
    _ title: String, _ plot: Plot, description: String = "", width: Double? = nil, height: Double? = nil
  ) {
    for (name, value) in [("width", width), ("height", height)] {
      if let value, !(value >= 40 && value <= 20_000) {
        fatalError("Figure(\"\(title)\"): \(name) \(value), expected 40 to 20000")
      }
    }
    self.title = title
    self.description = description.isEmpty ? plot.content.summary : description
    content = plot.content
    self.width = width
    self.height = height
  }

  /// What a figure shows, made by one of the functions of this type.
  public struct Plot: Sendable {
    let content: any PlotContent

    init(_ content: any PlotContent) { self.content = content }
  }
}
