import Apus

/// Where the pixels of a resized axis come from, by the rules that ONNX has for it.
struct ResizeCoordinates {
  enum Rule: String, CaseIterable {
    case halfPixel = "half_pixel"
    case symmetricHalfPixel = "half_pixel_symmetric"
    case torchHalfPixel = "pytorch_half_pixel"
    case alignCorners = "align_corners"
    case asymmetric = "asymmetric"
    /// A part of the axis, from the operand `roi`.
    case crop = "tf_crop_and_resize"
  }

  enum Rounding: String, CaseIterable {
    case preferFloor = "round_prefer_floor"
    case preferCeil = "round_prefer_ceil"
    case floor, ceil

    func callAsFunction(_ x: Double) -> Int {
      switch self {
      case .preferFloor: Int((x - 0.5).rounded(.up))
      case .preferCeil: Int((x + 0.5).rounded(.down))
      case .floor: Int(x.rounded(.down))
      case .ceil: Int(x.rounded(.up))
      }
    }
  }

  enum Mode: String, CaseIterable { case nearest, linear, cubic }

  let mode: Mode
  let rule: Rule
  let rounding: Rounding
  /// Keys's a.
  let coefficient: Double
  /// Whether neighbors outside of the axis have no weight; otherwise they are those at its ends.
  let excludesOutside: Bool
  /// Whether a smaller image is made of all pixels: the filter is as wide as the step between pixels.
  let antialiases: Bool
  /// What pixels are that a crop has outside of the axis.
  let outside: Double

  /// One axis: its pixels before and behind, the second by the first as the file says it, and the part that is taken, from 0 to 1.
  struct Axis {
    var inputs: Int
    var outputs: Int
    var scale: Double
    var part = 0.0...1.0

    /// Whether every pixel stays where it is.
    var isSame: Bool { inputs == outputs && scale == 1 && part == 0...1 }
  }

  /// The place in an axis of the pixel `output`.
  func place(_ output: Int, _ axis: Axis) -> Double {
    let (inputs, outputs, scale) = (axis.inputs, axis.outputs, axis.scale)
    let o = Double(output)
    switch rule {
    case .halfPixel: return (o + 0.5) / scale - 0.5
    case .torchHalfPixel: return outputs > 1 ? (o + 0.5) / scale - 0.5 : 0
    case .symmetricHalfPixel:
      // The image's middle stays where it is, where the size is not a whole multiple.
      let adjustment = Double(outputs) / (scale * Double(inputs))
      return Double(inputs) / 2 * (1 - adjustment) + (o + 0.5) / scale - 0.5
    case .alignCorners: return outputs > 1 ? o * Double(inputs - 1) / (scale * Double(inputs) - 1) : 0
    case .asymmetric: return o / scale
    case .crop:
      let (first, last) = (axis.part.lowerBound, axis.part.upperBound)
      let end = Double(inputs - 1)
      return outputs > 1 ? (first + o * (last - first) / Double(outputs - 1)) * end : (first + last) / 2 * end
    }
  }

  /// The input pixel of each output, of mode nearest.
  func nearest(_ axis: Axis) -> [Int] {
    (0..<axis.outputs).map { min(max(rounding(place($0, axis)), 0), axis.inputs - 1) }
  }

  /// [inputs, outputs]: the axis times this matrix is resized.
  func matrix(_ axis: Axis) -> Tensor {
    Tensor(shape: [axis.inputs, axis.outputs], of: Float.self) { buffer in
      buffer.initialize(repeating: 0)
      for output in 0..<axis.outputs where !isOutside(output, axis) {
        for (input, weight) in terms(output, axis) { buffer[input * axis.outputs + output] += Float(weight) }
      }
    }
  }

  /// What is added to the product: what outside pixels are; `nil` if there are none.
  func offset(_ axis: Axis) -> Tensor? {
    let all = (0..<axis.outputs).map { isOutside($0, axis) }
    return all.contains(true) ? Tensor(all.map { $0 ? Float(outside) : 0 }) : nil
  }

  private func isOutside(_ output: Int, _ axis: Axis) -> Bool {
    rule == .crop && !(0...Double(axis.inputs - 1)).contains(place(output, axis))
  }

  /// The most elements of a matrix, and pixels that they are made of: plans make it, too, so a file must not ask for more.
  static let mostTerms = 1 << 24

  /// A filter that averages reaches as far in output pixels as another in input pixels.
  private func narrowing(_ axis: Axis) -> Double { antialiases ? min(1, axis.scale) : 1 }

  /// How far from a place pixels have weights.
  func reach(_ axis: Axis) -> Double { (mode == .cubic ? 2 : 1) / narrowing(axis) }

  private func terms(_ output: Int, _ axis: Axis) -> [(Int, Double)] {
    let place = place(output, axis)
    if mode == .nearest { return [(min(max(rounding(place), 0), axis.inputs - 1), 1)] }
    let (low, narrowing) = (Int(place.rounded(.down)), narrowing(axis))
    let first = Int((1 - reach(axis)).rounded(.down))
    var terms = (first...1 - first).map { step -> (Int, Double) in
      let distance = abs(place - Double(low + step)) * narrowing
      return (low + step, mode == .cubic ? cubic(distance) : max(0, 1 - distance))
    }
    if excludesOutside { terms = terms.filter { (0..<axis.inputs).contains($0.0) } }
    if excludesOutside || antialiases {
      let total = terms.reduce(0) { $0 + $1.1 }
      if total != 0 { terms = terms.map { ($0.0, $0.1 / total) } }
    }
    return terms.map { (min(max($0.0, 0), axis.inputs - 1), $0.1) }
  }

  /// Keys 1981.
  private func cubic(_ d: Double) -> Double {
    let a = coefficient
    if d < 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
    if d < 2 { return (((d - 5) * d + 8) * d - 4) * a }
    return 0
  }
}
