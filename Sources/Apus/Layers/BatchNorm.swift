/// Batch normalisation over all axes but the last, the channels: [N, H, W, C] or [N, C].
///
/// y = (x − mean) / √(variance + ε) · weight + bias. While gradients are taken the statistics are the batch's, with the biased
/// variance, and the running ones move: running ← (1 − momentum) · running + momentum · batch, there with the unbiased variance, as
/// PyTorch does. Otherwise, and where a running buffer is frozen, the running statistics are used.
///
/// Initially weight 1, bias 0, running mean 0, running variance 1. Ioffe & Szegedy 2015.
public struct BatchNorm: Layer {
  /// γ [C]
  public let weight: Parameter?
  /// β [C]
  public let bias: Parameter?
  public let runningMean: Buffer
  public let runningVariance: Buffer
  public let momentum: Double
  public let epsilon: Double

  /// `affine`: whether γ and β are learned; without, they are 1 and 0.
  public init(_ channels: Int, momentum: Double = 0.1, epsilon: Double = 1e-5, affine: Bool = true) {
    if channels < 1 { fatalError("BatchNorm(\(channels)): at least one channel") }
    weight = affine ? Parameter(.ones([channels])) : nil
    bias = affine ? Parameter(.zeros([channels])) : nil
    runningMean = Buffer(.zeros([channels]))
    runningVariance = Buffer(.ones([channels]))
    self.momentum = momentum
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    let channels = runningMean.shape[0]
    guard x.rank >= 2, x.shape[x.rank - 1] == channels else {
      return shapeFailure("BatchNorm", "expects \(channels) channels, input is \(x.shape)", path: path, input: x)
    }
    let isFrozen = runningMean.isFrozen || runningVariance.isFrozen
    let usesBatch = !isFrozen && (Scope.current?.phase.batchStatistics ?? false)
    if usesBatch && x.elementCount <= channels {
      return shapeFailure(
        "BatchNorm", "in training needs more than one value a channel, input is \(x.shape)", path: path, input: x)
    }
    var (gamma, beta) = (weight?.value, bias?.value)
    if gamma != nil { Tensor.matchTypes(&x, &gamma!, "BatchNorm") }
    if beta != nil { Tensor.matchTypes(&x, &beta!, "BatchNorm") }
    return usesBatch ? normalizedByBatch(x, gamma, beta) : normalizedByConstants(x, gamma, beta)
  }

  private var path: String? { weight?.layerPath ?? runningMean.layerPath }

  private func details(elements: Int) -> Scope.Note {
    Scope.Note(path: path, parameters: [weight, bias].compactMap { $0 }, multiplyAdds: elements)
  }

  private func normalizedByBatch(_ x: consuming Tensor, _ gamma: Tensor?, _ beta: Tensor?) -> Tensor {
    let (mean, variance) = Kernels.channelStatistics(x)
    update(mean: mean, variance: variance, count: x.elementCount / mean.elementCount)
    return pending(x, mean, variance, gamma, beta, isFrozen: false)
  }

  private func normalizedByConstants(_ x: consuming Tensor, _ gamma: Tensor?, _ beta: Tensor?) -> Tensor {
    var (mean, variance) = (runningMean.value, runningVariance.value)
    Tensor.matchTypes(&x, &mean, "BatchNorm")
    Tensor.matchTypes(&x, &variance, "BatchNorm")
    let isRecorded = x.body.node >= 0 || (gamma?.body.node ?? -1) >= 0 || (beta?.body.node ?? -1) >= 0
    if !isRecorded, let convolution = PendingOperation.appendable(&x) {
      let folded = Kernels.foldStatistics(mean: mean, variance: variance, gamma: gamma, beta: beta, epsilon: epsilon)
      if convolution.appendScaleShift(folded.scale, folded.shift) {
        let elements = x.elementCount
        note("BatchNorm", x, from: x, with: details(elements: elements))
        return x
      }
    }
    return pending(x, mean, variance, gamma, beta, isFrozen: true)
  }

  private func pending(
    _ x: consuming Tensor, _ mean: Tensor, _ variance: Tensor, _ gamma: Tensor?, _ beta: Tensor?, isFrozen: Bool
  ) -> Tensor {
    // The convolution before runs here: its result is read by the statistics and again by the backward pass.
    _ = x.body.storage
    let tape = Tape.recording([x, gamma, beta].compactMap { $0 })
    let folded = Kernels.foldStatistics(
      mean: mean.detached(), variance: variance.detached(), gamma: gamma?.detached(), beta: beta?.detached(),
      epsilon: epsilon)
    let statistics = NormalizationStatistics(
      mean: mean, inverseDeviation: folded.inverseDeviation, scale: folded.scale, shift: folded.shift,
      isFrozen: isFrozen)
    let operation = PendingOperation(.batchNorm(x: x, statistics: statistics, gamma: gamma, beta: beta), tape: tape)
    let y = Tensor(body: TensorBody(shape: x.shape, scalarType: x.scalarType, pending: operation))
    note("BatchNorm", y, from: x, with: details(elements: y.elementCount))
    return y
  }

  /// running ← (1 − momentum) · running + momentum · batch; the variance with Bessel's correction.
  private func update(mean: Tensor, variance: Tensor, count: Int) {
    guard let scope = Scope.current, scope.phase.updatesState, scope.planner == nil else { return }
    let bessel = Double(count) / Double(count - 1)
    let oldMean = scope.collected(for: runningMean) ?? runningMean.value
    let oldVariance = scope.collected(for: runningVariance) ?? runningVariance.value
    scope.collect(oldMean * (1 - momentum) + mean * momentum, for: runningMean)
    scope.collect(oldVariance * (1 - momentum) + variance * (momentum * bessel), for: runningVariance)
  }
}
