import ApusCore
import ApusData
import ApusFigures

/// The parts of a page that are about a classifier of images.
struct ReportClassification {
  private let test: ClassificationMetrics
  private let split: DataSplit
  private let classNames: [String]
  /// Names of the test images' files, where they have some.
  private let testFiles: [String]
  private let pictures: PictureFormat

  /// Pictures of wrongly classified images at most.
  private static let mistakesShown = 24

  init(_ test: ClassificationMetrics, data: DataSplits, pictures: PictureFormat) {
    self.test = test
    self.pictures = pictures
    split = data.test
    classNames = data.classNames
    testFiles = data.files.filter { $0.part == .test }.map(\.path)
  }

  var tiles: [(value: String, name: String)] {
    [("\(test.mistakes.count.grouped)", "of \(Markup.counted(test.labels.count, "test image")) wrong")]
  }

  var matrix: Page {
    var page = Page("")
    page.add(
      section: "Confusion matrix",
      note: """
        Test images by true and predicted class. Blue cells are right and orange ones wrong, stronger where they are a larger part of \
        their row.
        """)
    page.add(html: ReportMatrix(counts: test.confusion(classes: classNames.count), classNames: classNames).html)
    return page
  }

  /// A test image's file, or its place.
  private func name(_ index: Int) -> String {
    testFiles.count == split.count ? testFiles[index] : "test image \(index)"
  }

  func mistakes() throws -> Page {
    let all = test.mistakes
    let shown = all.prefix(ReportClassification.mistakesShown).map { index in
      let (label, prediction) = (classNames[test.labels[index]], classNames[test.predictions[index]])
      let caption = """
        is \(label), taken for \(prediction)
        \(Markup.percent(Double(test.probabilities[index]))) sure
        \(name(index))
        """
      return (picture: Picture(split.image(at: index)), caption: caption)
    }
    let note =
      switch all.count {
      case 0: "None: every test image is classified rightly."
      case ...ReportClassification.mistakesShown:
        "All wrongly classified test images, those first about which the model is most sure."
      default:
        "The \(shown.count) of \(all.count.grouped) wrongly classified test images about which the model is most sure."
      }
    var page = Page("")
    page.add(section: "Most confident mistakes", note: note)
    try page.add(pictures: shown, format: pictures)
    return page
  }
}

extension ReportDetails {
  /// Of a classifier of images.
  package init(_ test: ClassificationMetrics, data: DataSplits, pictures: PictureFormat) throws {
    let page = ReportClassification(test, data: data, pictures: pictures)
    self.init(
      samples: "image", tiles: page.tiles, beforeFilters: page.matrix, afterFilters: try page.mistakes())
  }
}
