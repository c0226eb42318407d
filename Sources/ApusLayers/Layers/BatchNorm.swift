import ApusCore
import ApusSupport

/// Batch normalization: of each channel over all other axes, [N, H, W, C] or [N, C] (the lectures' spatial form), or with
/// `BatchNorm(perActivation: [H, W, C])` of each position of each channel over the batch alone (per activation).
///
/// y = (x − mean) / √(variance + ε) · weight + bias. While gradients are taken the statistics are the batch's, with the biased
/// variance, and the running ones move: running ← (1 − momentum) · running + momentum · batch, there with the unbiased variance, as
/// PyTorch does. Otherwise, and where a running buffer is frozen, the running statistics are used. `recomputeStatistics(over:)`
/// replaces them by those of a whole set.
///
/// A plain call of a new layer, `norm(x)`, is therefore inference with the running statistics 0 and 1: it gives x / √(1 + ε), the input
/// almost unchanged, where PyTorch's new module, which begins in training mode, normalizes. `withPhase(.statistics) { norm(x) }` normalizes
/// by the batch and moves the running statistics without training.
///
/// What to know of it: the batch's size matters, training and use differ, and a sample's output depends on the others of its batch.
///
/// Initially weight 1 (or `gamma`), bias 0, running mean 0, running variance 1. Ioffe & Szegedy 2015; lectures 0, 1 and 4.
public struct BatchNorm: Layer {
  /// γ [C], or [H, W, C] per activation
  public let weight: Parameter?
  /// β, of γ's shape
  public let bias: Parameter?
  /// [C], or [H, W, C] per activation; initially 0.
  public let runningMean: Buffer
  /// Unbiased, of the same shape as the mean; initially 1.
  public let runningVariance: Buffer
  /// Fraction of the running statistics that each training step replaces, in 0...1; 0.1 unless given, as in PyTorch.
  package let momentum: Double
  /// Added to the variance before the root, so that a constant channel does not divide by 0; above 0, 1e-5 unless given.
  package let epsilon: Double
  /// Whether statistics are over the batch alone.
  package let isPerActivation: Bool

  /// Traps if there is no channel, or if a number is out of range: `momentum` is in 0...1, `epsilon` above 0.
  ///
  /// - Parameters:
  ///   - affine: whether γ and β are learned; without, they are 1 and 0.
  ///   - gamma: γ's first value. 0 in a residual block's last norm makes the block the identity at first (Goyal et al. 2017).
  public init(
    _ channels: Int, momentum: Double = 0.1, epsilon: Double = 1e-5, affine: Bool = true, gamma: Double = 1
  ) {
    if channels < 1 { fatalError("BatchNorm(\(channels)): at least one channel") }
    self.init([channels], false, momentum, epsilon, affine, gamma)
  }

  /// Statistics for each element of a sample of this shape. Traps as the other initializer.
  public init(
    perActivation shape: Shape, momentum: Double = 0.1, epsilon: Double = 1e-5, affine: Bool = true, gamma: Double = 1
  ) {
    if shape.count < 1 || shape.contains(where: { $0 < 1 }) {
      fatalError("BatchNorm(perActivation: \(shape)): a sample's shape, all sizes at least 1")
    }
    self.init(shape, true, momentum, epsilon, affine, gamma)
  }

  private init(
    _ shape: Shape, _ isPerActivation: Bool, _ momentum: Double, _ epsilon: Double, _ affine: Bool, _ gamma: Double
  ) {
    checkNormalization("BatchNorm", epsilon: epsilon, gamma: gamma)
    if !(momentum >= 0 && momentum <= 1) { fatalError("BatchNorm: momentum \(momentum) is not in 0...1") }
    weight = affine ? Parameter(.full(shape, gamma)) : nil
    bias = affine ? Parameter(.zeros(shape)) : nil
    runningMean = Buffer(.zeros(shape))
    runningVariance = Buffer(.ones(shape))
    self.momentum = momentum
    self.epsilon = epsilon
    self.isPerActivation = isPerActivation
  }

  /// [N, …, C] → the same shape; per activation [N, H, W, C].
  ///
  /// Traps in training if each mean would be over a single value, as of [1, C]: the output would be β whatever the input is.
  public func forward(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    let shape = runningMean.shape
    if isPerActivation {
      guard x.rank == shape.count + 1, Shape(x.shape.dropFirst()) == shape else {
        return shapeFailure("BatchNorm", "expects samples of shape \(shape), input is \(x.shape)", input: x)
      }
    } else if x.rank < 2 || x.shape[x.rank - 1] != shape[0] {
      return shapeFailure("BatchNorm", wrongChannels(shape[0], x.shape), input: x)
    }
    if usesBatch && x.elementCount <= shape.elementCount {
      return shapeFailure(
        "BatchNorm",
        "in training needs more than one value per \(isPerActivation ? "activation" : "channel"), input is \(x.shape)",
        input: x)
    }
    Tensor.enter(&x, "BatchNorm")
    let flat: Shape = [shape.elementCount]
    var (gamma, beta) = (weight?.value.reshaped(flat), bias?.value.reshaped(flat))
    if gamma != nil { Tensor.matchTypes(&x, &gamma!, "BatchNorm") }
    if beta != nil { Tensor.matchTypes(&x, &beta!, "BatchNorm") }
    return usesBatch ? normalizedByBatch(x, gamma, beta) : normalizedByConstants(x, gamma, beta)
  }

  /// Running statistics stay as they are and are used in every phase.
  var isFrozen: Bool { runningMean.isFrozen || runningVariance.isFrozen }

  private var usesBatch: Bool { !isFrozen && (Scope.current?.phase.batchStatistics ?? false) }

  private func normalizedByBatch(_ x: consuming Tensor, _ gamma: Tensor?, _ beta: Tensor?) -> Tensor {
    let statistics = Kernels.channelStatistics(x, channels: runningMean.shape.elementCount, epsilon: epsilon)
    update(mean: statistics.mean, variance: statistics.variance, count: x.elementCount / statistics.mean.elementCount)
    return pending(x, statistics, gamma, beta)
  }

  private func normalizedByConstants(_ x: consuming Tensor, _ gamma: Tensor?, _ beta: Tensor?) -> Tensor {
    let flat: Shape = [runningMean.shape.elementCount]
    var (mean, variance) = (runningMean.value.reshaped(flat), runningVariance.value.reshaped(flat))
    Tensor.matchTypes(&x, &mean, "BatchNorm")
    Tensor.matchTypes(&x, &variance, "BatchNorm")
    let statistics = Kernels.constantStatistics(mean: mean, variance: variance, epsilon: epsilon)
    let isRecorded = x.body.node >= 0 || (gamma?.body.node ?? -1) >= 0 || (beta?.body.node ?? -1) >= 0
    if !isRecorded, !isPerActivation, let convolution = PendingOperation.appendable(&x),
      convolution.append(Kernels.fold(statistics, gamma: gamma, beta: beta))
    {
      let elements = x.elementCount
      report(
        "BatchNorm", x, from: [x, gamma, beta, mean, variance], as: .batchNorm(epsilon: epsilon),
        with: .init(multiplyAdds: elements))
      return x
    }
    return pending(x, statistics, gamma, beta)
  }

  private func pending(
    _ x: consuming Tensor, _ statistics: ChannelStatistics, _ gamma: Tensor?, _ beta: Tensor?
  ) -> Tensor {
    let y = normalized(x, statistics, gamma, beta, epsilon: epsilon)
    report(
      "BatchNorm", y, from: [x, gamma, beta, statistics.mean, statistics.variance],
      as: usesBatch ? nil : .batchNorm(epsilon: epsilon), with: .init(multiplyAdds: y.elementCount))
    return y
  }

  /// running ← (1 − momentum) · running + momentum · batch; the variance with Bessel's correction.
  private func update(mean: Tensor, variance: Tensor, count: Int) {
    guard let scope = Scope.current, !isPlanning else { return }
    scope.statistics?.add(mean: mean, variance: variance, count: count, for: runningMean, runningVariance)
    guard scope.phase.updatesState else { return }
    let shape = runningMean.shape
    let bessel = Double(count) / Double(count - 1)
    guard holds(variance, bessel, scope) else { return }
    let oldMean = scope.collected(for: runningMean) ?? runningMean.value
    let oldVariance = scope.collected(for: runningVariance) ?? runningVariance.value
    scope.collect(oldMean * (1 - momentum) + mean.reshaped(shape) * momentum, for: runningMean)
    scope.collect(oldVariance * (1 - momentum) + variance.reshaped(shape) * (momentum * bessel), for: runningVariance)
  }
}

extension BatchNorm {
  /// Whether the running variance, which has the type of the values, holds their squares. A scope that watches is told, and the
  /// statistics stay as they were; without one the program stops.
  private func holds(_ variance: Tensor, _ bessel: Double, _ scope: Scope) -> Bool {
    guard variance.scalarType == .float32, !variance.body.storage.isAbstract else { return true }
    let largest = Double(Float.greatestFiniteMagnitude)
    // NaN, from values that are none, is somebody else's to tell.
    let place = variance.withUnsafeScalars(of: Float.self) { $0.firstIndex { Double($0) * bessel > largest } }
    guard let channel = place else { return true }
    let what = """
      the batch's variance of channel \(channel) is above \(Float.greatestFiniteMagnitude), the most that its running variance (float32) \
      holds: the values are farther than 1.8e19 from their mean
      """
    guard let watch = scope.stateOverflow else {
      fatalError(
        """
        BatchNorm\(scope.path.map { $0.isEmpty ? "" : " " + $0 } ?? ""): \(what). Scale the input, lower the learning rate, or use a norm without running \
        statistics (GroupNorm, LayerNorm).
        """)
    }
    watch.keep(path: scope.path, what: what)
    return false
  }
}

/// (x − mean) / √(variance + ε) · γ + β of rows of channels, pending.
package func normalized(
  _ x: Tensor, _ statistics: ChannelStatistics, _ gamma: Tensor?, _ beta: Tensor?, epsilon: Double
) -> Tensor {
  // The convolution before runs here: its result is read by the statistics and again by the backward pass.
  _ = x.body.storage
  let tape = Tape.recording([x, gamma, beta].compactMap { $0 })
  var channels = statistics
  (channels.mean, channels.variance) = (statistics.mean.detached(), statistics.variance.detached())
  let folded = Kernels.fold(channels, gamma: gamma?.detached(), beta: beta?.detached())
  let saved = NormalizationStatistics(channels: channels, folded: folded, epsilon: epsilon)
  let operation = PendingOperation(.batchNorm(x: x, statistics: saved, gamma: gamma, beta: beta), tape: tape)
  return Tensor(body: TensorBody(shape: x.shape, scalarType: x.scalarType, deferred: operation))
}

/// What every normalization refuses: an ε that cannot keep a division by 0 away, a γ that is no scale.
func checkNormalization(_ layer: String, epsilon: Double, gamma: Double = 1) {
  if !(epsilon > 0 && epsilon.isFinite) { fatalError("\(layer): epsilon \(epsilon) must be above 0 and finite") }
  if !(gamma >= 0 && gamma.isFinite) { fatalError("\(layer): the first gamma \(gamma) must be finite and at least 0") }
}
