import ApusCore
import ApusSupport

/// How far two ways of computing the same are apart: the proof of a fold.
public struct FoldReport: Sendable, CustomStringConvertible {
  /// Largest |folded − apart| over the outputs on the inputs given; NaN where one of them is NaN.
  public var largestDifference: Double
  /// Largest |apart|: what to hold the difference against.
  package var largestValue: Double
  /// Numbers compared.
  package var count: Int
  /// Paths, in the model given, of the batch norms that are gone.
  public var folded: [String]
  /// Paths of batch norms that stay: those inside layers of one's own, and those behind no convolution or linear layer.
  public var left: [String]

  /// One line: how many norms are folded and left, and the largest difference.
  public var description: String {
    """
    \(folded.count) batch norms folded, \(left.count) left; largest difference \(largestDifference) \
    of \(count) values up to \(largestValue)
    """
  }

  init(folded: Tensor, apart: Tensor, paths: [String] = [], left: [String] = []) {
    let (a, b) = (folded.array(of: Float.self), apart.array(of: Float.self))
    let differences = zip(a, b).map { Double($0 - $1).magnitude }
    largestDifference = differences.reduce(0) { $1.isNaN || $0.isNaN ? .nan : max($0, $1) }
    largestValue = b.reduce(0) { max($0, Double($1).magnitude) }
    count = b.count
    self.folded = paths
    self.left = left
  }
}

/// A batch norm after a convolution as one convolution, for inference: weight[…, k] · γ[k] / √(variance[k] + ε), and bias accordingly.
/// The running statistics are those of now; the layers given are not changed. Lecture 1: "zero overhead at test-time".
///
/// - Parameter inputs: on which both are computed and compared, `[N, H, W, C]`.
public func fold(_ convolution: Conv2D, _ norm: BatchNorm, comparedOn inputs: Tensor) -> (
  layer: Conv2D, report: FoldReport
) {
  let layer = folded(convolution, norm)
  return (layer, report(layer, inputs) { norm(convolution($0)) })
}

/// As above for a linear layer.
public func fold(_ linear: Linear, _ norm: BatchNorm, comparedOn inputs: Tensor) -> (
  layer: Linear, report: FoldReport
) {
  let layer = folded(linear, norm)
  return (layer, report(layer, inputs) { norm(linear($0)) })
}

extension Sequential {
  /// A model for inference in which every batch norm right after a convolution or linear layer is folded into it, in nested
  /// Sequentials too; layers of one's own stay as they are. Layers that are not folded are shared with this model.
  ///
  /// - Parameter inputs: on which both models are computed and compared.
  public func folded(comparedOn inputs: Tensor) -> (model: Sequential, report: FoldReport) {
    var gone: [String] = []
    let model = folded(at: "", &gone)
    let norms = buffers.filter { $0.path.hasSuffix(".runningMean") }.map { ModelWalk.parent($0.path) }
    let left = norms.filter { !gone.contains($0) }
    let outputs = withPhase(.inference) { (model(inputs).detached(), self(inputs).detached()) }
    return (model, FoldReport(folded: outputs.0, apart: outputs.1, paths: gone, left: left))
  }

  private func folded(at path: String, _ gone: inout [String]) -> Sequential {
    var result: [any Layer] = []
    for (index, layer) in layers.enumerated() {
      let own = path + "\(index)"
      switch layer {
      case let norm as BatchNorm:
        if let convolution = result.last as? Conv2D, norm.runningMean.shape == [convolution.weight.shape[3]],
          !norm.isPerActivation
        {
          result[result.count - 1] = ApusLayers.folded(convolution, norm)
          gone.append(own)
        } else if let linear = result.last as? Linear, norm.runningMean.shape == [linear.weight.shape[1]] {
          result[result.count - 1] = ApusLayers.folded(linear, norm)
          gone.append(own)
        } else {
          result.append(norm)
        }
      case let nested as Sequential: result.append(nested.folded(at: own + ".", &gone))
      default: result.append(layer)
      }
    }
    return Sequential(result)
  }
}

private func report(_ layer: some Layer, _ inputs: Tensor, _ apart: (Tensor) -> Tensor) -> FoldReport {
  let outputs = withPhase(.inference) { (layer(inputs).detached(), apart(inputs).detached()) }
  return FoldReport(folded: outputs.0, apart: outputs.1)
}

private func folded(_ convolution: Conv2D, _ norm: BatchNorm) -> Conv2D {
  let weight = convolution.weight
  if norm.isPerActivation || norm.runningMean.shape != [weight.shape[3]] {
    refuse("a convolution of \(weight.shape[3]) output channels", norm)
  }
  let layer = Conv2D(
    weight.shape[2] * convolution.groups, weight.shape[3], kernel: IntOrPair(weight.shape[0], weight.shape[1]),
    stride: convolution.stride, padding: convolution.padding, dilation: convolution.dilation,
    groups: convolution.groups, initializer: .zeros)
  (layer.weight.value, layer.bias!.value) = folded(weight, convolution.bias, norm)
  return layer
}

private func folded(_ linear: Linear, _ norm: BatchNorm) -> Linear {
  if norm.runningMean.shape != [linear.weight.shape[1]] {
    refuse("a linear layer of \(linear.weight.shape[1]) outputs", norm)
  }
  let layer = Linear(linear.weight.shape[0], linear.weight.shape[1], initializer: .zeros)
  (layer.weight.value, layer.bias!.value) = folded(linear.weight, linear.bias, norm)
  return layer
}

private func refuse(_ what: String, _ norm: BatchNorm) -> Never {
  fatalError(
    "fold: \(what) and a batch norm \(norm.isPerActivation ? "per activation" : "of channels") \(norm.runningMean.shape)"
  )
}

private func folded(_ weight: Parameter, _ bias: Parameter?, _ norm: BatchNorm) -> (weight: Tensor, bias: Tensor) {
  withPhase(.inference) {
    foldedWeights(
      weight.value, bias?.value, mean: norm.runningMean.value, variance: norm.runningVariance.value,
      gamma: norm.weight?.value, beta: norm.bias?.value, epsilon: norm.epsilon)
  }
}

/// A weight [..., K] and bias [K] with a normalization of the K outputs behind them, in double precision, rounded once.
package func foldedWeights(
  _ weight: Tensor, _ bias: Tensor?, mean: Tensor, variance: Tensor, gamma: Tensor?, beta: Tensor?, epsilon: Double
) -> (weight: Tensor, bias: Tensor) {
  func wide(_ tensor: Tensor) -> Tensor { tensor.cast(to: .float64) }
  var scale = (wide(variance) + epsilon).sqrt().reciprocal()
  if let gamma { scale = scale * wide(gamma) }
  var shift = -(wide(mean) * scale)
  if let beta { shift = shift + wide(beta) }
  if let bias { shift = shift + wide(bias) * scale }
  return ((wide(weight) * scale).cast(to: .float32), shift.cast(to: .float32))
}
