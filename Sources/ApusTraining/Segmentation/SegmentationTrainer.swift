import ApusCore
import ApusData
import ApusLayers
import ApusNetworks

/// Trains a fully convolutional network on composed scenes: per-pixel cross-entropy with the soft borders left out, AdamW.
///
/// Training scenes are composed of training images only, the scenes that measure it of validation images, those of `test` of test images.
public final class SegmentationTrainer {
  /// The network that is trained, `FCN.small`, with initial values from the settings' seed.
  public let model: FCN
  /// As they were given, and checked.
  public let settings: SegmentationSettings
  /// The background, then the data set's classes.
  public let classNames: [String]
  private let data: DataSplits
  private let training: ComposedScenes
  private let validation: ComposedScenes
  private var optimizer: AdamW

  /// Number of scenes that are measured on after each epoch.
  public static let validationCount = 128
  /// Number of scenes that are measured on at the end.
  public static let testCount = 256
  static let otherCount = 32
  /// Series of scenes: the layouts of two series differ.
  private static let (validationSeries, testSeries) = (1, 2)
  static let evaluationBatchSize = 16

  /// Makes the network and plans it for the batch size.
  ///
  /// - Throws: `SettingsError` if a setting makes no sense, `DataError` if scenes cannot be composed of the images, and
  ///   `PlanError` if the network does not take scenes of that size.
  public init(data: DataSplits, settings: SegmentationSettings) throws {
    try settings.validate()
    self.settings = settings
    self.data = data
    training = try ComposedScenes(
      data.train, height: settings.height, width: settings.width, seed: settings.seed)
    validation = try ComposedScenes(
      data.validation, height: settings.height, width: settings.width, seed: DataSplits.splitSeed,
      series: SegmentationTrainer.validationSeries)
    classNames = training.classNames
    let classes = classNames.count
    model = Random.withSeed(settings.seed) { FCN.small(classes: classes) }
    _ = try model.plan(
      input: [min(settings.batchSize, settings.scenes), settings.height, settings.width, 1], phase: .training,
      samples: settings.scenes)
    optimizer = AdamW(model.parameters, weightDecay: settings.weightDecay)
  }

  /// Scenes of test images, of any size.
  public func testScenes(height: Int, width: Int) throws(DataError) -> ComposedScenes {
    try ComposedScenes(
      data.test, height: height, width: width, seed: DataSplits.splitSeed, series: SegmentationTrainer.testSeries)
  }

  /// Counts the pixels of the first `count` scenes.
  public func evaluate(_ scenes: ComposedScenes, count: Int) -> SegmentationMetrics {
    let size = SegmentationTrainer.evaluationBatchSize
    let batches = (0..<(count + size - 1) / size).lazy.map { scenes.batch($0 * size..<min(($0 + 1) * size, count)) }
    return evaluateSegmentation(model, on: batches, classes: classNames.count, ignoring: ComposedScenes.ignored)
  }

  /// The class of each pixel of an image, int32 `[H, W]`.
  ///
  /// - Parameter image: uint8 `[H, W, 1]` of any size.
  public func prediction(for image: Tensor) -> Tensor {
    let input = ComposedScenes.normalization(image.reshaped(Shape([1] + image.shape)))
    return withPhase(.inference, of: model) { model(input) }.argmax()[0]
  }

  /// Trains to the end of the last epoch.
  ///
  /// - Throws: `DivergenceError` where a loss is no finite number, and what `epochEnded` throws.
  public func train(epochEnded: (SegmentationEpoch) throws -> Void = { _ in }) throws {
    let stepsPerEpoch = (settings.scenes + settings.batchSize - 1) / settings.batchSize
    let steps = settings.epochs * stepsPerEpoch
    let schedule = LearningRateSchedule.cosine.schedule(steps: steps, stepsPerEpoch: stepsPerEpoch)
    // Composed one thread ahead. A batch that ends an epoch may be short.
    let (scenes, size, each) = (training, settings.batchSize, settings.scenes)
    let batches = Prefetcher<SegmentationBatch, Never>(0..<steps, depth: 4) { step in
      let (epoch, place) = (step / stepsPerEpoch, step % stepsPerEpoch * size)
      return scenes.batch(epoch * each + place..<epoch * each + min(place + size, each))
    }
    for epoch in 0..<settings.epochs {
      let start = ContinuousClock.now
      var lossSum = 0.0
      for step in epoch * stepsPerEpoch..<(epoch + 1) * stepsPerEpoch {
        guard let batch = batches.next() else { fatalError("the scenes ended before step \(step) of \(steps)") }
        optimizer.learningRate = schedule.rate(at: step, base: settings.learningRate)
        lossSum += try trainOnce(batch, step: step, epoch: epoch) * Double(batch.count)
      }
      let metrics = evaluate(validation, count: SegmentationTrainer.validationCount)
      let duration = ContinuousClock.now - start
      try epochEnded(
        SegmentationEpoch(
          epoch: epoch + 1, trainLoss: lossSum / Double(settings.scenes), pixelAccuracy: metrics.pixelAccuracy,
          meanIntersectionOverUnion: metrics.meanIntersectionOverUnion, seconds: duration / .seconds(1)))
    }
  }

  private func trainOnce(_ batch: SegmentationBatch, step: Int, epoch: Int) throws -> Double {
    let key = RandomKey(seed: settings.seed, step: UInt64(step))
    let ((loss, gradients), overflow) = StateOverflow.watched {
      valueWithGradients(of: model, key: key) {
        crossEntropy(logits: model(batch.images), labels: batch.labels, ignoring: ComposedScenes.ignored)
      }
    }
    let value = loss.item()
    if !value.isFinite || overflow != nil {
      throw DivergenceError(
        step: step + 1, epoch: epoch + 1, what: value.isFinite ? overflow!.what : "the loss is \(value)",
        origin: overflow?.path,
        learningRate: optimizer.learningRate, checkpointStep: nil)
    }
    optimizer.step(gradients)
    return value
  }
}
