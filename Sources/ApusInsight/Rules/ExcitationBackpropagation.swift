import ApusCore
import ApusLayers

extension BackwardRule {
  /// Excitation backpropagation: a probability that a winning unit, drawn top down, is this one. A unit i passes to each of its inputs j
  ///
  ///     P(j) = Σ_i  a_j w⁺_ij / Σ_k a_k w⁺_ik  · P(i)
  ///
  /// by what excites it alone: biases and negative weights have no part. An input that is negative, as an image's may be, excites through
  /// a negative weight. A sum shares by its positive parts, means as a linear layer does, max pooling passes on to the winner, and
  /// functions of one element pass on what they get. Where nothing excites a unit, only its bias, its mass goes to the others of the
  /// layer, so that Σ P stays what it was. Zhang et al. 2016, "Top-down neural attention by excitation backprop".
  ///
  /// - Parameter againstClass: the dual of the contrastive form: the last convolution or linear layer is taken with its weights negated, which
  ///   tells what speaks against a class.
  static func excitation(againstClass: Bool = false) -> BackwardRule {
    BackwardRule { operation in
      switch operation {
      case .convolution, .linear, .transposedConvolution:
        { step, mass in
          let weight = againstClass && step.isClassifier ? -step.inputs[1] : step.inputs[1]
          return [conserved(shares(of: mass, step, step.inputs[0], weight), mass)]
            + [Tensor?](repeating: nil, count: step.inputs.count - 1)
        }
      case .averagePool, .adaptiveAveragePool, .reduce(.mean, _, _), .reduce(.sum, _, _), .resize:
        { step, mass in
          let positive = relu(step.inputs[0])
          let share = quotient(mass, step.applied(to: [positive]))
          return [conserved(positive * step.gradients(of: share, at: [positive])[0]!, mass)]
        }
      case .binary(.add):
        { step, mass in sumShares(step, mass) }
      case .binary(.multiply):
        { step, mass in gatedShares(step, mass) }
      case .activation, .unary, .scale, .batchNorm, .localResponseNorm, .prelu:
        { step, mass in [mass] + [Tensor?](repeating: nil, count: step.inputs.count - 1) }
      default: nil
      }
    }
  }

  /// Whether mass goes back through an operation: by a rule, or by a gradient that only moves it.
  static func conservesExcitation(_ operation: TensorOperation) -> Bool {
    switch operation {
    case .convolution, .linear, .transposedConvolution, .averagePool, .adaptiveAveragePool, .reduce(.mean, _, _),
      .reduce(.sum, _, _), .reduce(.max, _, _), .reduce(.min, _, _), .resize, .binary(.add), .binary(.multiply),
      .activation, .unary, .scale, .batchNorm, .localResponseNorm, .prelu, .maxPool, .maxout, .concatenate, .reshape,
      .transpose, .slice, .pad, .broadcast:
      true
    default: false
    }
  }

  /// a_j Σ_i w⁺_ij P(i) / Σ_k a_k w⁺_ik, and the same of what is negative on both sides.
  private static func shares(of mass: Tensor, _ step: BackwardStep, _ x: Tensor, _ weight: Tensor) -> Tensor {
    let excitations = [(relu(x), relu(weight)), (-relu(-x), -relu(-weight))]
    let isSigned = x.min().array(of: Float.self)[0] < 0
    let used = isSigned ? excitations : [excitations[0]]
    let total = used.map { step.applied(to: [$0, $1]) }.reduce(nil) { (sum: Tensor?, part) in
      sum.map { $0 + part } ?? part
    }!
    let share = quotient(mass, total)
    return used.map { x, weight in x * step.gradients(of: share, at: [x, weight])[0]! }.reduce(nil) {
      (sum: Tensor?, part) in sum.map { $0 + part } ?? part
    }!
  }

  /// To each operand by its positive part; one that does not depend on the image gets nothing.
  private static func sumShares(_ step: BackwardStep, _ mass: Tensor) -> [Tensor?] {
    let parts = zip(step.inputs, step.isWanted).map { input, isWanted in
      isWanted ? relu(input) : .zeros(input.shape)
    }
    if !step.isWanted.allSatisfy({ $0 }) { return step.isWanted.map { $0 ? mass : nil } }
    let share = quotient(mass, step.applied(to: parts))
    return conserved(zip(parts, step.gradients(of: share, at: parts)).map { $0 * $1! }, mass)
  }

  /// A gate only scales: the mass goes to what it scales, the operand of the result's shape.
  private static func gatedShares(_ step: BackwardStep, _ mass: Tensor) -> [Tensor?] {
    let scaled = step.inputs.indices.first { step.isWanted[$0] && step.inputs[$0].shape == step.output.shape }
    return step.inputs.indices.map { $0 == scaled ? mass : nil }
  }

  /// mass / total, 0 where nothing excites.
  private static func quotient(_ mass: Tensor, _ total: Tensor) -> Tensor {
    let isExcited = total .> 0
    return Tensor.select(isExcited, mass / Tensor.select(isExcited, total, .ones([])), .zeros([]))
  }

  private static func conserved(_ part: Tensor, _ mass: Tensor) -> Tensor { conserved([part], mass)[0] }

  /// The parts with each sample's whole mass; of what excites nothing anywhere, evenly.
  private static func conserved(_ parts: [Tensor], _ mass: Tensor) -> [Tensor] {
    func perSample(_ x: Tensor) -> Tensor { x.sum(axes: Array(1..<x.rank)) }
    let arrived = perSample(mass)
    let left = parts.map(perSample).dropFirst().reduce(perSample(parts[0])) { $0 + $1 }
    let factor = quotient(arrived, left)
    let elements = parts.reduce(0) { $0 + $1.elementCount } / mass.shape[0]
    let even = Tensor.select(left .> 0, .zeros([]), arrived / Double(elements))
    return parts.map { part in
      let shape = Shape([mass.shape[0]] + [Int](repeating: 1, count: part.rank - 1))
      return part * factor.reshaped(shape) + even.reshaped(shape)
    }
  }
}
