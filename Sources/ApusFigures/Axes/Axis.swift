import ApusSupport

extension Figure {
  /// An axis: what is along it, in which unit, and how its numbers are spaced. A plain text is a linear one:
  ///
  /// ```swift
  /// .lines(series, x: "step", y: .logarithmic("loss"))
  /// ```
  public struct Axis: Sendable, ExpressibleByStringInterpolation {
    package var title: String
    package var unit: String
    package var isLogarithmic = false
    /// What is shown, whatever the values are.
    package var range: ClosedRange<Double>?
    /// Numbers that no value goes beyond, as 0 and 100 per cent: the axis ends there.
    package var bounds = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude

    /// A linear axis.
    ///
    /// - Parameters:
    ///   - title: what is along it.
    ///   - unit: written behind the title, in parentheses.
    ///   - range: the numbers at its ends; default: round ones around the values.
    public init(_ title: String, unit: String = "", range: ClosedRange<Double>? = nil) {
      self.title = title
      self.unit = unit
      self.range = range
    }

    /// A linear axis without a unit.
    public init(stringLiteral title: String) { self.init(title) }

    /// An axis along which equal factors are equally long. What is 0 or less has no place on it and is marked as missing.
    public static func logarithmic(_ title: String, unit: String = "", range: ClosedRange<Double>? = nil) -> Axis {
      if let range, range.lowerBound <= 0 {
        fatalError("Figure.Axis.logarithmic(\"\(title)\"): range \(range), expected numbers above 0")
      }
      var axis = Axis(title, unit: unit, range: range)
      axis.isLogarithmic = true
      return axis
    }

    var text: String { unit.isEmpty || title.isEmpty ? title + unit : "\(title) (\(unit))" }
  }
}
