import ApusData
import ApusInterchange
import ApusSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A segmentation's training with its results in a folder.
///
/// | file | content |
/// |---|---|
/// | `metrics.csv` | a row an epoch |
/// | `classes.csv` | each class's pixels, accuracy and intersection over union on test scenes |
/// | `model.safetensors` | the network after the last epoch |
/// | `scenes.png` | test scenes: image, truth, prediction |
/// | `other-size.png` | the same for a scene of another size than those trained on |
public enum SegmentationRun {
  /// How the trained network does on test scenes of two sizes.
  public struct Result: Sendable {
    /// The background, then the data set's classes.
    public var classNames: [String]
    /// On test scenes of the size that was trained on.
    public var metrics: SegmentationMetrics
    /// Height of scenes of another size: one and a half times the height trained on, and one pixel.
    public var otherHeight: Int
    /// Their width: two and a half times the width trained on, and one pixel.
    public var otherWidth: Int
    /// On the scenes of that size.
    public var otherMetrics: SegmentationMetrics
  }

  /// Trains and writes everything. Where it fails before the first step it takes back what it made.
  public static func start(
    _ settings: SegmentationSettings, data source: DataSource, in path: String,
    epochEnded: (SegmentationEpoch) -> Void = { _ in }
  ) throws -> Result {
    try settings.validate()
    let folder = try RunFolder.create(at: path, others: [classesName, scenesName, otherSizeName])
    let files = folder.files
    let trainer: SegmentationTrainer
    do {
      trainer = try SegmentationTrainer(data: source.load(), settings: settings)
      // Whether the folder can be written to shows now, not after the training.
      try AtomicFile.write(csv([]), to: folder.place(files.metrics))
    } catch {
      folder.discard()
      throw error
    }
    var rows: [SegmentationEpoch] = []
    try trainer.train { row in
      rows.append(row)
      try AtomicFile.write(csv(rows), to: folder.place(files.metrics))
      epochEnded(row)
    }
    try writeModel(trainer, to: folder.place(files.model))
    return try measure(trainer, in: folder)
  }

  private static let (classesName, scenesName, otherSizeName) = ("classes.csv", "scenes.png", "other-size.png")

  private static func measure(_ trainer: SegmentationTrainer, in folder: RunFolder) throws -> Result {
    let settings = trainer.settings
    let scenes = try trainer.testScenes(height: settings.height, width: settings.width)
    let metrics = trainer.evaluate(scenes, count: SegmentationTrainer.testCount)
    try AtomicFile.write(classes(metrics, trainer.classNames), to: folder.place(classesName))
    let picture = SegmentationPicture.png(
      (0..<6).map { row($0, of: scenes, trainer) }, classNames: trainer.classNames, scale: scale(settings.width),
      footer: caption("", metrics))
    try AtomicFile.write(picture, to: folder.place(scenesName))

    // Of odd numbers: no stage divides them.
    let (height, width) = (settings.height * 3 / 2 + 1, settings.width * 5 / 2 + 1)
    let other = try trainer.testScenes(height: height, width: width)
    let otherMetrics = trainer.evaluate(other, count: SegmentationTrainer.otherCount)
    let otherPicture = SegmentationPicture.png(
      [row(0, of: other, trainer)], classNames: trainer.classNames, scale: scale(width),
      footer: caption("\(height)×\(width), trained on \(settings.height)×\(settings.width): ", otherMetrics))
    try AtomicFile.write(otherPicture, to: folder.place(otherSizeName))
    return Result(
      classNames: trainer.classNames, metrics: metrics, otherHeight: height, otherWidth: width,
      otherMetrics: otherMetrics)
  }

  private static func row(
    _ index: Int, of scenes: ComposedScenes, _ trainer: SegmentationTrainer
  ) -> SegmentationPicture.Row {
    let scene = scenes.scene(index)
    return .init(image: scene.image, labels: scene.labels, prediction: trainer.prediction(for: scene.image))
  }

  /// A scene is then about 192 pixels wide in the picture.
  private static func scale(_ width: Int) -> Int { max(2, 192 / width) }

  private static func caption(_ start: String, _ metrics: SegmentationMetrics) -> String {
    let (pixels, union) = (100 * metrics.pixelAccuracy, 100 * metrics.meanIntersectionOverUnion)
    return "\(start)pixel accuracy \(pixels.formatted(decimals: 1))%, mean IoU \(union.formatted(decimals: 1))%"
  }

  // MARK: Files

  private static func csv(_ rows: [SegmentationEpoch]) -> String {
    var text = "epoch,train_loss,pixel_accuracy,mean_iou,seconds\n"
    for row in rows {
      let numbers = [row.trainLoss, row.pixelAccuracy, row.meanIntersectionOverUnion].map { $0.formatted(decimals: 6) }
      text += "\(row.epoch),\(numbers.joined(separator: ",")),\(row.seconds.formatted(decimals: 3))\n"
    }
    return text
  }

  /// Empty where a class has no pixels.
  private static func classes(_ metrics: SegmentationMetrics, _ names: [String]) -> String {
    func cell(_ value: Double?) -> String { value.map { $0.formatted(decimals: 6) } ?? "" }
    var text = "class,pixels,accuracy,iou\n"
    for (index, name) in names.enumerated() {
      let cells = [cell(metrics.accuracy(of: index)), cell(metrics.intersectionOverUnion(of: index))]
      text += "\(name),\(metrics.pixels(of: index)),\(cells.joined(separator: ","))\n"
    }
    return text
  }

  private struct Header: Codable {
    var network: String
    var classNames: [String]
    var mean: [Float]
    var deviation: [Float]
  }

  /// No time, path or number of threads: the same settings give the same bytes.
  private static func writeModel(_ trainer: SegmentationTrainer, to place: FilePlace) throws {
    let normalization = ComposedScenes.normalization
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let header = try encoder.encode(
      Header(
        network: "fcn-small", classNames: trainer.classNames, mean: normalization.mean,
        deviation: normalization.deviation))
    try Safetensors.write(
      trainer.model.state(), metadata: ["format": "pt", "apus.segmentation": String(decoding: header, as: UTF8.self)],
      to: place)
  }
}
