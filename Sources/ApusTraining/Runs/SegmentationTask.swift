import ApusCore
import ApusData
import ApusFigures
import ApusSupport

/// A network with scores for every pixel, on scenes composed of images. Beside the files of every run it writes
///
/// | file | content |
/// |---|---|
/// | `classes.csv` | each class's pixels, accuracy and intersection over union on test scenes, and its color in the pictures |
/// | `scenes.png` | test scenes: image, truth, prediction; its extension is the picture format's |
/// | `other-size.png` | the same for a scene of another size than those trained on |
struct SegmentationTask: RunTask {
  let images: DataSplits
  let settings: SceneSettings
  let network: String
  /// The background, then the data set's classes.
  let classNames: [String]

  private static let classesName = "classes.csv"
  private static func scenesName(_ format: PictureFormat) -> String { "scenes." + format.fileExtension }
  private static func otherSizeName(_ format: PictureFormat) -> String { "other-size." + format.fileExtension }
  static func otherFiles(_ format: PictureFormat) -> [String] {
    [classesName, scenesName(format), otherSizeName(format)]
  }

  var modelMetadata: [String: String] { SegmentationModel.metadata(network: network, classNames: classNames) }

  func details(
    _ trainer: Trainer, _ record: RunRecord, test: any Metrics, pictures: PictureFormat, in folder: RunFolder,
    _ result: inout RunRecord.Result
  ) throws -> ReportDetails {
    guard let test = test as? SegmentationMetrics, let scenes = trainer.data.test as? SceneSamples else {
      fatalError("a network for scenes without their metrics or samples")
    }
    result.didNotLearn = test.didNotLearn
    result.classes = classNames.enumerated().map { index, name in
      RunRecord.ClassResult(
        name: name, pixels: test.pixels(of: index), accuracy: test.accuracy(of: index),
        intersectionOverUnion: test.intersectionOverUnion(of: index))
    }
    try AtomicFile.write(csv(result.classes ?? []), to: folder.place(SegmentationTask.classesName))
    let picture = try pictures.encode(
      SegmentationPicture.drawn(
        (0..<6).map { row($0, of: scenes.scenes, trainer.model) }, scale: scale(settings.width)))
    try AtomicFile.write(picture, to: folder.place(SegmentationTask.scenesName(pictures)))

    let other = try settings.otherScenes(of: images.test)
    let (height, width) = (other.scenes.height, other.scenes.width)
    let evaluation = trainer.evaluation(of: other)
    guard let counted = evaluation.metrics as? SegmentationMetrics else { fatalError("metrics that change their type") }
    result.otherSize = RunRecord.OtherSize(height: height, width: width, metrics: evaluation.scores.metrics)
    let start = "\(height)×\(width), trained on \(settings.height)×\(settings.width): "
    let otherPicture = try pictures.encode(
      SegmentationPicture.drawn([row(0, of: other.scenes, trainer.model)], scale: scale(width)))
    try AtomicFile.write(otherPicture, to: folder.place(SegmentationTask.otherSizeName(pictures)))
    let sections = ReportSegmentation(
      classes: result.classes ?? [],
      pictures: [
        .init(source: pictures.dataURL(ofFile: picture), caption: caption("", test)),
        .init(source: pictures.dataURL(ofFile: otherPicture), caption: caption(start, counted)),
      ])
    return ReportDetails(samples: "scene", beforeFilters: sections.page)
  }

  private func row(_ index: Int, of scenes: ComposedScenes, _ model: any Layer) -> SegmentationPicture.Row {
    let scene = scenes.scene(index)
    let input = ComposedScenes.normalization(scene.image.reshaped(Shape([1] + scene.image.shape)))
    return .init(
      image: scene.image, labels: scene.labels, prediction: SegmentationModel.prediction(of: model, for: input))
  }

  /// A scene is then about 192 pixels wide in the picture.
  private func scale(_ width: Int) -> Int { max(2, 192 / width) }

  private func caption(_ start: String, _ metrics: SegmentationMetrics) -> String {
    let (pixels, union) = (100 * metrics.pixelAccuracy, 100 * metrics.meanIntersectionOverUnion)
    return "\(start)pixel accuracy \(pixels.formatted(decimals: 1)) %, mean IoU \(union.formatted(decimals: 1)) %"
  }

  /// A cell is empty where a class has no pixels, or no color.
  private func csv(_ classes: [RunRecord.ClassResult]) -> String {
    func cell(_ value: Double?) -> String { value.map { $0.formatted(decimals: 6) } ?? "" }
    let lines = classes.enumerated().map { label, row in
      let color = SegmentationPicture.color(of: label)?.hexadecimal ?? ""
      return "\(row.name),\(row.pixels),\(cell(row.accuracy)),\(cell(row.intersectionOverUnion)),\(color)\n"
    }
    return "class,pixels,accuracy,iou,color\n" + lines.joined()
  }
}
