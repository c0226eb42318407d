import Apus
import ArgumentParser

/// `apus segment`: trains a small fully convolutional network on scenes composed of digits, and shows what it makes of test scenes.
struct Segment: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network that tells the class of every pixel, on scenes composed of digits.",
    discussion: """
      apus segment --data digits --out runs/segment

      The folder gets metrics.csv, classes.csv, model.safetensors, and two pictures: scenes.png with test scenes, the truth and \
      the prediction, other-size.png with the same for a scene of another size than those trained on.
      """)

  private static let usual = SegmentationSettings()

  @Option(help: "What the scenes are composed of: digits (inside the command) or mnist:FOLDER.")
  var data: String

  @Option(name: [.long, .customShort("o")], help: "The folder of the results; it is made.", completion: .directory)
  var out: String

  @Option(help: "Passes over as many new scenes.")
  var epochs = Segment.usual.epochs

  @Option(help: "Training scenes an epoch.")
  var scenes = Segment.usual.scenes

  @Option(help: "Scenes a step.")
  var batchSize = Segment.usual.batchSize

  @Option(help: "Height and width of the scenes trained on.")
  var size = Segment.usual.height

  @Option(help: "Peak of AdamW's learning rate.")
  var learningRate = Segment.usual.learningRate

  @Option(help: "Seed of initial values and training scenes.")
  var seed = Segment.usual.seed

  @Option(help: "Threads; the result does not depend on their number. (default: OMP_NUM_THREADS, else the CPUs)")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), expected 1 to 1024")
    }
  }

  func run() throws {
    if let threads { Runtime.threadCount = threads }
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

  private static func percent(_ part: Double) -> String { (100 * part).formatted(decimals: 1) + " %" }
}
