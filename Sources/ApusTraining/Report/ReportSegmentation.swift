import ApusSupport

/// The parts of a page that are about a network with scores for every pixel.
struct ReportSegmentation {
  let classes: [RunRecord.ClassResult]
  /// Scenes of the size trained on and one of another size, as PNG files.
  let pictures: [[UInt8]]

  var html: String {
    func percent(_ part: Double?) -> String { part.map { HTML.percent($0) } ?? "–" }
    let rows = classes.map {
      """
      <tr><td>\(HTML.escaped($0.name))</td><td>\($0.pixels.grouped)</td><td>\(percent($0.accuracy))</td>\
      <td>\(percent($0.intersectionOverUnion))</td></tr>
      """
    }
    let images = pictures.map {
      #"<p><img src="\#(PNG.dataURL(of: $0))" alt="scenes with true and predicted classes" style="max-width:100%"></p>"#
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
      <p class="note">Test scenes with their true and their predicted classes; at the end one of another size than was trained on.</p>
      \(images.joined(separator: "\n"))
      </section>
      """
  }
}
