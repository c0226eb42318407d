import ApusSupport

/// The parts of a page that are about a network with scores for every pixel.
struct ReportSegmentation {
  let classes: [RunRecord.ClassResult]
  /// Scenes of the size trained on, and one of another size.
  let pictures: [Picture]

  struct Picture {
    /// Of an `src` attribute.
    let source: String
    let caption: String
  }

  var html: String {
    func percent(_ part: Double?) -> String { part.map { HTML.percent($0) } ?? "–" }
    let rows = classes.map {
      """
      <tr><td>\(HTML.escaped($0.name))</td><td>\($0.pixels.grouped)</td><td>\(percent($0.accuracy))</td>\
      <td>\(percent($0.intersectionOverUnion))</td></tr>
      """
    }
    let figures = pictures.map {
      """
      <figure class="scenes"><img src="\($0.source)" alt="scenes with true and predicted classes">
      <figcaption>\(HTML.escaped($0.caption))</figcaption></figure>
      """
    }
    return """
      <section>
      <h2>Classes of pixels</h2>
      <p class="note">On test scenes. Soft borders count for nothing.</p>
      <div class="scroll"><table class="values"><thead><tr><th>class</th><th>pixels</th><th>accuracy</th><th>IoU</th></tr></thead>
      <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
      </section>
      <section>
      <h2>Scenes</h2>
      <p class="note">Test scenes; at the end one of another size than was trained on. From left to right: the image, its true \
      classes, the predicted ones.</p>
      \(legend)
      \(figures.joined(separator: "\n"))
      </section>
      """
  }

  private var legend: String {
    var entries = classes.enumerated().compactMap { label, row in
      SegmentationPicture.color(of: label).map { (row.name, $0) }
    }
    entries.append(("not counted", SegmentationPicture.ignoredColor))
    let spans = entries.map { name, color in
      #"<span><i class="swatch" style="background:\#(color.hexadecimal)"></i>\#(HTML.escaped(name))</span>"#
    }
    return #"<p class="legend">\#(spans.joined())</p>"#
  }
}
