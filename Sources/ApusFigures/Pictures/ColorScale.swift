/// Colors that stand for values: one hue by lightness, or two from a neutral middle where the values have both signs. Both are told
/// apart without color vision, and in gray.
struct ColorScale: Sendable {
  /// What the ends stand for.
  let range: ClosedRange<Double>
  /// Blue, neutral, orange, with 0 in the middle.
  let isDiverging: Bool

  /// Of viridis (van der Walt and Smith 2015), at eighths.
  private static let sequential = [
    RGB(68, 1, 84), RGB(71, 45, 123), RGB(59, 82, 139), RGB(44, 114, 142), RGB(33, 145, 140), RGB(40, 174, 128),
    RGB(94, 201, 98), RGB(173, 220, 48), RGB(253, 231, 37),
  ]
  private static let diverging = [
    RGB(24, 72, 130), RGB(67, 129, 186), RGB(246, 246, 244), RGB(224, 132, 60), RGB(158, 66, 10),
  ]
  /// Of what is no finite number.
  static let missing = RGB(128, 128, 128)

  /// - Parameters:
  ///   - range: the ends; default: the smallest and the largest finite value. A range with both signs is made symmetric.
  ///   - areLogarithms: of the values shown: 0 is one value as any other.
  init(for values: [Double], range: ClosedRange<Double>? = nil, areLogarithms: Bool = false) {
    let finite = values.filter(\.isDrawable)
    let found = range ?? (finite.min() ?? 0)...(finite.max() ?? 1)
    isDiverging = !areLogarithms && found.lowerBound < 0 && found.upperBound > 0
    if isDiverging {
      let end = max(-found.lowerBound, found.upperBound)
      self.range = -end...end
    } else {
      self.range = found
    }
  }

  /// From 0 to 1 along the scale; what lies beyond an end has that end's color. Where all values are equal they are in the middle.
  private func place(of value: Double) -> Double {
    let span = range.upperBound - range.lowerBound
    return span > 0 ? min(max((value - range.lowerBound) / span, 0), 1) : 0.5
  }

  /// How far a value is from where nothing is: the low end, or 0 between two colors. From 0 to 1; 0 of what is no number.
  func strength(of value: Double) -> Double {
    if value.isNaN { return 0 }
    return isDiverging ? abs(2 * place(of: value) - 1) : place(of: value)
  }

  /// The color of a value; gray for what is not finite.
  func color(of value: Double) -> RGB { value.isDrawable ? color(at: place(of: value)) : ColorScale.missing }

  /// The color at a part of the scale's length, from 0 to 1.
  func color(at part: Double) -> RGB {
    let anchors = isDiverging ? ColorScale.diverging : ColorScale.sequential
    let place = part * Double(anchors.count - 1)
    let first = min(Int(place), anchors.count - 2)
    return anchors[first].mixed(with: anchors[first + 1], part: place - Double(first))
  }
}

extension Double {
  /// Finite, and so far from the largest number that differences are, too.
  var isDrawable: Bool { magnitude < 1e300 }
}
