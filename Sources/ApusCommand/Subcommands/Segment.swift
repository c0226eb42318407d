import Apus
import ArgumentParser

/// `apus segment`: trains a small fully convolutional network on scenes composed of digits, and shows what it makes of test scenes.
struct Segment: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network that classifies every pixel, on scenes composed of digits.",
    discussion: """
      apus segment --data digits --out runs/segment

      Writes metrics.csv, classes.csv, model.safetensors and two pictures: scenes.png shows test scenes, their labels and the \
      predictions, other-size.png the same for a scene of a size that was not trained on.
      """)

  private static let usual = SegmentationSettings()

  @Option(help: "Images to compose the scenes of: digits (built in) or mnist:FOLDER.")
  var data: String

  @Option(
    name: [.long, .customShort("o")], help: "Folder of the results, created if it does not exist.",
    completion: .directory)
  var out: String

  @Option(
    parsing: .unconditional, help: "Passes, each over new scenes. (default: \(Segment.usual.epochs))",
    transform: OptionValue.whole(1...100_000))
  var epochs = Segment.usual.epochs

  @Option(
    parsing: .unconditional, help: "Training scenes per epoch. (default: \(Segment.usual.scenes))",
    transform: OptionValue.whole(1...10_000_000))
  var scenes = Segment.usual.scenes

  @Option(
    parsing: .unconditional, help: "Mini-batch size. (default: \(Segment.usual.batchSize))",
    transform: OptionValue.whole(1...4096))
  var batchSize = Segment.usual.batchSize

  @Option(
    parsing: .unconditional, help: "Height and width of training scenes, in pixels. (default: \(Segment.usual.height))",
    transform: OptionValue.whole(1...1024))
  var size = Segment.usual.height

  @Option(
    name: [.long, .customLong("lr")], parsing: .unconditional,
    help: "Peak learning rate of AdamW. (default: \(Segment.usual.learningRate))",
    transform: OptionValue.number("above 0") { $0 > 0 })
  var learningRate = Segment.usual.learningRate

  @Option(
    parsing: .unconditional, help: "Seed of initial values and training scenes. (default: \(Segment.usual.seed))",
    transform: OptionValue.seed)
  var seed = Segment.usual.seed

  @OptionGroup var threads: ThreadOptions

  func run() throws {
    var settings = SegmentationSettings()
    settings.epochs = epochs
    settings.scenes = scenes
    settings.batchSize = batchSize
    (settings.height, settings.width) = (size, size)
    settings.learningRate = learningRate
    settings.seed = seed
    Terminal.printLine(" epoch  train loss  pixel acc  mean IoU  seconds")
    let result = try SegmentationRun.start(settings, data: DataSource(data), in: out) { row in
      let cells = [
        ("\(row.epoch)", 6), (row.trainLoss.compact(decimals: 4, width: 10), 10),
        (Segment.percent(row.pixelAccuracy), 9),
        (Segment.percent(row.meanIntersectionOverUnion), 8), (row.seconds.compact(decimals: 1, width: 7), 7),
      ]
      Terminal.printLine(cells.map { Table.padded($0.0, to: $0.1) }.joined(separator: "  "))
    }
    tell(result)
  }

  private func tell(_ result: SegmentationRun.Result) {
    let metrics = result.metrics
    var rows = [["class", "test pixels", "accuracy", "IoU"]]
    for (index, name) in result.classNames.enumerated() {
      rows.append([
        name, metrics.pixels(of: index).grouped, metrics.accuracy(of: index).map(Segment.percent) ?? "",
        metrics.intersectionOverUnion(of: index).map(Segment.percent) ?? "",
      ])
    }
    Terminal.printLine(Table.text(rows, textColumns: 1))
    Terminal.printLine("pictures: \(out)/scenes.png, \(out)/other-size.png")
    Terminal.printLine(
      "\(result.otherHeight)×\(result.otherWidth) pixels: mean IoU "
        + Segment.percent(result.otherMetrics.meanIntersectionOverUnion))
    if let reason = metrics.didNotLearn {
      Terminal.printLine("the network did not learn: \(reason); try another --learning-rate or more --epochs")
    }
    Terminal.printLine(
      "test pixel accuracy \(Segment.percent(metrics.pixelAccuracy)), mean accuracy \(Segment.percent(metrics.meanAccuracy)), "
        + "mean IoU \(Segment.percent(metrics.meanIntersectionOverUnion)), "
        + "frequency-weighted IoU \(Segment.percent(metrics.frequencyWeightedIntersectionOverUnion))")
  }

  private static func percent(_ part: Double) -> String { part.percent(decimals: 1) }
}
