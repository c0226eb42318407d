import ApusCore
import ApusData
import ApusFigures
import ApusSupport

/// A network that finds the class and the box of the one image in a scene. Beside the files of every run it writes `boxes.csv`: of each
/// test scene its class and box, those predicted, and their intersection over union. Boxes are in pixels of the scene.
struct LocalizationTask: RunTask {
  let settings: SceneSettings
  let network: String
  let classNames: [String]

  static let boxesName = "boxes.csv"
  /// Scenes on the page.
  private static let shown = 24

  var modelMetadata: [String: String] {
    LocalizationModel.metadata(
      network: network, input: [settings.height, settings.width, 1], classNames: classNames)
  }

  func details(
    _ trainer: Trainer, _ record: RunRecord, test: any Metrics, pictures: PictureFormat, in folder: RunFolder,
    _ result: inout RunRecord.Result
  ) throws -> ReportDetails {
    guard let test = test as? LocalizationMetrics, let scenes = trainer.data.test as? SceneSamples else {
      fatalError("a network for boxes without their metrics or samples")
    }
    result.didNotLearn = test.didNotLearn
    try AtomicFile.write(csv(test.rows), to: folder.place(LocalizationTask.boxesName))
    let shown = try test.rows.prefix(LocalizationTask.shown).enumerated().map { index, row in
      let picture = try pictures.encode(Picture(scenes.scenes.locatedScene(index).image))
      return ReportLocalization.Scene(
        source: pictures.dataURL(ofFile: picture), truth: row.truth, box: row.box,
        caption: row.prediction == row.label
          ? classNames[row.label] : "\(classNames[row.prediction]), not \(classNames[row.label])",
        intersectionOverUnion: row.intersectionOverUnion)
    }
    let section = ReportLocalization(scenes: shown, height: settings.height, width: settings.width)
    return ReportDetails(samples: "scene", beforeFilters: section.page)
  }

  private func csv(_ rows: [LocalizationMetrics.Row]) -> String {
    func cells(_ box: BoxShares) -> String {
      let (sides, width, height) = (box.sides, Double(settings.width), Double(settings.height))
      return [sides.left * width, sides.top * height, sides.right * width, sides.bottom * height]
        .map { $0.formatted(decimals: 2) }.joined(separator: ",")
    }
    let lines = rows.enumerated().map { index, row in
      let union = row.intersectionOverUnion.formatted(decimals: 6)
      return
        "\(index),\(classNames[row.label]),\(classNames[row.prediction]),\(union),\(cells(row.truth)),\(cells(row.box))\n"
    }
    let sides = ["left", "top", "right", "bottom"]
    let columns = ["scene", "class", "predicted", "iou"] + sides + sides.map { "predicted_" + $0 }
    return columns.joined(separator: ",") + "\n" + lines.joined()
  }
}
