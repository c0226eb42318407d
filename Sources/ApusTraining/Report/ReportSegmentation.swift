import ApusFigures
import ApusSupport

/// The parts of a page that are about a network with scores for every pixel.
struct ReportSegmentation {
  let classes: [RunRecord.ClassResult]
  /// Scenes of the size trained on, and one of another size.
  let pictures: [Scenes]

  struct Scenes {
    /// Of an `src` attribute.
    let source: String
    let caption: String
  }

  var page: Page {
    func percent(_ part: Double?) -> String { part.map { Markup.percent($0) } ?? "–" }
    var page = Page("")
    page.add(section: "Classes of pixels", note: "On test scenes. Soft borders count for nothing.")
    page.add(
      table: ["class", "pixels", "accuracy", "IoU"],
      rows: classes.map {
        [$0.name, $0.pixels.grouped, percent($0.accuracy), percent($0.intersectionOverUnion)]
      })
    page.add(
      section: "Scenes",
      note: """
        Test scenes; at the end one of another size than was trained on. From left to right: the image, its true classes, the predicted \
        ones.
        """)
    page.add(html: legend)
    for scenes in pictures {
      page.add(
        html: """
          <figure class="scenes"><img src="\(scenes.source)" alt="scenes with true and predicted classes">
          <figcaption>\(Markup.escaped(scenes.caption))</figcaption></figure>
          """)
    }
    return page
  }

  private var legend: String {
    var entries = classes.enumerated().compactMap { label, row in
      SegmentationPicture.color(of: label).map { (row.name, $0) }
    }
    entries.append(("not counted", SegmentationPicture.ignoredColor))
    let spans = entries.map { name, color in
      #"<span><i class="swatch" style="background:\#(color.hexadecimal)"></i>\#(Markup.escaped(name))</span>"#
    }
    return #"<p class="legend">\#(spans.joined())</p>"#
  }
}
