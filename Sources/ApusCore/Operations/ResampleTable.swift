/// Which inputs make each output along an axis, and with which weights: a band matrix. y[o] = Σ weights[o][t] · x[first[o] + t].
package struct ResampleTable: Hashable, Sendable {
  package let inputs: Int
  package let outputs: Int
  /// Inputs of an output at most.
  package let taps: Int
  package let first: [Int64]
  /// [outputs · taps]
  package let weights: [Double]

  /// From the terms (input, weight) of every output; several of one input are added.
  package init(inputs: Int, rows: [[(input: Int, weight: Double)]]) {
    self.inputs = inputs
    outputs = rows.count
    var taps = 1
    for row in rows {
      if let low = row.map(\.input).min(), let high = row.map(\.input).max() { taps = max(taps, high - low + 1) }
    }
    var first: [Int64] = []
    var weights = [Double](repeating: 0, count: rows.count * taps)
    for (output, row) in rows.enumerated() {
      let start = max(0, min(row.map(\.input).min() ?? 0, inputs - taps))
      first.append(Int64(start))
      for (input, weight) in row { weights[output * taps + input - start] += weight }
    }
    self.taps = taps
    self.first = first
    self.weights = weights
  }

  /// The gradient's: the matrix transposed.
  package var transposed: ResampleTable {
    var rows = Array(repeating: [(input: Int, weight: Double)](), count: inputs)
    for output in 0..<outputs {
      for tap in 0..<taps where weights[output * taps + tap] != 0 {
        rows[Int(first[output]) + tap].append((output, weights[output * taps + tap]))
      }
    }
    return ResampleTable(inputs: outputs, rows: rows)
  }

  /// Pixels are squares whose centers lie at o + ½, or with `alignCorners` points whose first and last fall together.
  ///
  /// With `antialias`, an output takes all inputs under the filter stretched by in / out, as Pillow and PyTorch do; without, the
  /// filter keeps the width of an input pixel, and downsizing aliases.
  package init(from inputs: Int, to outputs: Int, filter: ResampleFilter, antialias: Bool, alignCorners: Bool) {
    let scale = Double(inputs) / Double(outputs)
    let last = inputs - 1
    let rows = (0..<outputs).map { output -> [(input: Int, weight: Double)] in
      if antialias {
        let stretch = max(1, scale)
        let center = (Double(output) + 0.5) * scale
        let reach = filter.support * stretch
        let low = max(0, Int((center - reach + 0.5).rounded(.down)))
        let high = min(inputs, Int((center + reach + 0.5).rounded(.down)))
        let terms = (low..<max(high, low + 1)).map { input in
          (input: min(input, last), weight: filter.weight((Double(input) + 0.5 - center) / stretch))
        }
        let total = terms.reduce(0) { $0 + $1.weight }
        return terms.map { ($0.input, $0.weight / total) }
      }
      let place =
        alignCorners
        ? (outputs > 1 ? Double(output) * Double(last) / Double(outputs - 1) : 0) : (Double(output) + 0.5) * scale - 0.5
      switch filter {
      case .nearest, .box:
        return [(min(last, Int((Double(output) * scale).rounded(.down))), 1)]
      case .bilinear:
        let inside = max(0, place)
        let low = min(last, Int(inside))
        let part = inside - Double(low)
        return part == 0 ? [(low, 1)] : [(low, 1 - part), (min(low + 1, last), part)]
      case .bicubic, .lanczos:
        let low = Int(place.rounded(.down))
        return (low - 1...low + 2).map { input in
          (max(0, min(last, input)), ResampleFilter.cubic(abs(Double(input) - place), a: -0.75))
        }
      }
    }
    self.init(inputs: inputs, rows: rows)
  }
}
