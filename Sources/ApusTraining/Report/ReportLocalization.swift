import ApusData
import ApusFigures
import ApusSupport

/// The part of a page that is about boxes: scenes with the true and the predicted one, drawn over the pixels.
struct ReportLocalization {
  struct Scene {
    /// Of the image's `href`.
    let source: String
    let truth: BoxShares
    let box: BoxShares
    /// The predicted class, with the true one where it is another.
    let caption: String
    let intersectionOverUnion: Double
  }

  let scenes: [Scene]
  /// Of each scene, in pixels.
  let height: Int
  let width: Int

  /// Colors that stand out from gray, and from each other without color vision; a dark line below keeps them on bright pixels.
  private static let style = """
    .boxes { display: grid; grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); gap: 14px; margin-top: 12px; }
    .boxes figure { margin: 0; } .boxes svg { display: block; width: 100%; height: auto; border-radius: 4px; }
    .boxes image { image-rendering: pixelated; }
    .boxes rect { fill: none; vector-effect: non-scaling-stroke; stroke-width: 2px; }
    .boxes .under { stroke: #000; stroke-opacity: 0.55; stroke-width: 4px; }
    .boxes .truth { stroke: #56b4e9; stroke-dasharray: 5 3; } .boxes .found { stroke: #e69f00; }
    .boxes figcaption { margin-top: 4px; font-size: 12.5px; color: var(--soft); }
    """

  var page: Page {
    var page = Page("")
    page.add(style: ReportLocalization.style)
    page.add(
      section: "Boxes",
      note: """
        The first test scenes. Below each the predicted class, and the intersection over union. The loss is that of the class and 5 \
        times the smooth L1 of the box.
        """)
    page.add(
      html: """
        <p class="legend"><span><i class="swatch" style="background:#56b4e9"></i>true box (dashed)</span>\
        <span><i class="swatch" style="background:#e69f00"></i>predicted box</span></p>
        <div class="boxes">
        \(scenes.map(figure).joined(separator: "\n"))
        </div>
        """)
    return page
  }

  private func figure(_ scene: Scene) -> String {
    let union = Markup.percent(scene.intersectionOverUnion, decimals: 0)
    let caption = Markup.escaped(scene.caption)
    return """
      <figure><svg viewBox="0 0 \(width) \(height)" role="img" aria-label="\(caption), IoU \(union)">\
      <image href="\(scene.source)" width="\(width)" height="\(height)"/>\
      \(rectangle(scene.box, "under"))\(rectangle(scene.box, "found"))\(rectangle(scene.truth, "truth"))</svg>
      <figcaption>\(caption)<br>IoU \(union)</figcaption></figure>
      """
  }

  private func rectangle(_ box: BoxShares, _ name: String) -> String {
    let sides = box.sides
    func text(_ share: Double, _ size: Int) -> String { (share * Double(size)).formatted(decimals: 2) }
    return """
      <rect class="\(name)" x="\(text(sides.left, width))" y="\(text(sides.top, height))" \
      width="\(text(sides.right - sides.left, width))" height="\(text(sides.bottom - sides.top, height))"/>
      """
  }
}
