import Apus

/// Where the pixels of a resized axis come from, by the rules that ONNX has for it.
struct ResizeCoordinates {
  enum Rule: String, CaseIterable {
    case halfPixel = "half_pixel"
    case symmetricHalfPixel = "half_pixel_symmetric"
    case torchHalfPixel = "pytorch_half_pixel"
    case alignCorners = "align_corners"
    case asymmetric = "asymmetric"
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

  /// The place in an axis of `inputs` pixels of the pixel `output` of `outputs`.
  func place(_ output: Int, _ inputs: Int, _ outputs: Int, scale: Double) -> Double {
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
    }
  }

  /// The input pixel of each output, of mode nearest.
  func nearest(_ inputs: Int, _ outputs: Int, scale: Double) -> [Int] {
    (0..<outputs).map { min(max(rounding(place($0, inputs, outputs, scale: scale)), 0), inputs - 1) }
  }

  /// [inputs, outputs]: the axis times this matrix is resized.
  func matrix(_ inputs: Int, _ outputs: Int, scale: Double) -> Tensor {
    Tensor(shape: [inputs, outputs], of: Float.self) { buffer in
      buffer.initialize(repeating: 0)
      for output in 0..<outputs {
        for (input, weight) in terms(output, inputs, outputs, scale: scale) {
          buffer[input * outputs + output] += Float(weight)
        }
      }
    }
  }

  private func terms(_ output: Int, _ inputs: Int, _ outputs: Int, scale: Double) -> [(Int, Double)] {
    let place = place(output, inputs, outputs, scale: scale)
    let low = Int(place.rounded(.down))
    let reach = mode == .cubic ? -1...2 : 0...1
    var terms = reach.map { step -> (Int, Double) in
      let distance = abs(place - Double(low + step))
      return (low + step, mode == .cubic ? cubic(distance) : 1 - distance)
    }
    if excludesOutside {
      terms = terms.filter { (0..<inputs).contains($0.0) }
      let total = terms.reduce(0) { $0 + $1.1 }
      if total != 0 { terms = terms.map { ($0.0, $0.1 / total) } }
    }
    return terms.map { (min(max($0.0, 0), inputs - 1), $0.1) }
  }

  /// Keys 1981.
  private func cubic(_ d: Double) -> Double {
    let a = coefficient
    if d < 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
    if d < 2 { return (((d - 5) * d + 8) * d - 4) * a }
    return 0
  }
}
