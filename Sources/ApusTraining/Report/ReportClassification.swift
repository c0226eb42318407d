import ApusCore
import ApusData

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

  var tiles: [(String, String)] {
    [("\(test.mistakes.count.grouped)", "of \(HTML.counted(test.labels.count, "test image")) wrong")]
  }

  var matrix: String {
    """
    <section>
    <h2>Confusion matrix</h2>
    <p class="note">Test images by true and predicted class. Blue cells are right and orange ones wrong, stronger where they are a \
    larger part of their row.</p>
    \(ReportMatrix(counts: test.confusion(classes: classNames.count), classNames: classNames).html)
    </section>
    """
  }

  /// A test image's file, or its place.
  private func name(_ index: Int) -> String {
    testFiles.count == split.count ? testFiles[index] : "test image \(index)"
  }

  func mistakes() throws -> String {
    let all = test.mistakes
    let figures = try all.prefix(ReportClassification.mistakesShown).map { index in
      let (label, prediction) = (classNames[test.labels[index]], classNames[test.predictions[index]])
      let source = try pictures.dataURL(of: split.image(at: index))
      return """
        <figure><img src="\(source)" alt="\(HTML.escaped(name(index)))">
        <figcaption>is <b>\(HTML.escaped(label))</b>, taken for <em>\(HTML.escaped(prediction))</em><br>\
        \(HTML.percent(Double(test.probabilities[index]))) sure<br>\(HTML.escaped(name(index)))</figcaption></figure>
        """
    }
    let note =
      switch all.count {
      case 0: "None: every test image is classified rightly."
      case ...ReportClassification.mistakesShown:
        "All wrongly classified test images, those first about which the model is most sure."
      default:
        "The \(figures.count) of \(all.count.grouped) wrongly classified test images about which the model is most sure."
      }
    return """
      <section>
      <h2>Most confident mistakes</h2>
      <p class="note">\(note)</p>
      <div class="mistakes">
      \(figures.joined(separator: "\n"))
      </div>
      </section>
      """
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
