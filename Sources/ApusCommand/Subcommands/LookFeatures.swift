import Apus

/// What a layer gives for many images, a row per image: the points of a map.
struct LookFeatures {
  /// [N, D]
  let rows: Tensor
  /// Path of the layer.
  let layer: String
  /// A class per row.
  private let classes: [Int]
  private let classNames: [String]?
  /// Where the images are from and what their colors are, as `360 test images, colored by class`.
  let images: String

  /// Classes that get a color of their own; the least frequent ones share one.
  private static let mostColors = 13
  private static let batchSize = 64

  /// Of the images that were given, or of all that the run held out for its test; at the layer of `--at`, or that before the last linear
  /// layer.
  init(_ subject: LookSubject) throws {
    let layer = try subject.path ?? LastFeatures.path(of: subject.model, input: subject.batch.shape)
    let extractor = try FeatureExtractor(subject.model, at: layer, input: subject.input)
    let size = extractor.outputShape.elementCount
    if let heldOut = subject.heldOut {
      var parts: [Tensor] = []
      var labels: [Int] = []
      for batch in heldOut.batches(of: LookFeatures.batchSize) {
        parts.append(extractor(batch.images).reshaped([batch.count, size]))
        labels += batch.labels.array(of: Int32.self).map(Int.init)
      }
      (rows, classes) = (Tensor.concatenated(parts, axis: 0), labels)
      images = "\(labels.count) test images, colored by their class"
    } else {
      rows = extractor(subject.batch).reshaped([subject.images.count, size])
      classes = subject.predicted
      images = "\(subject.images.count) images, colored by the class predicted for each"
    }
    self.layer = layer
    classNames = subject.classNames
    try rows.checkFinite("what \(layer) gives")
  }

  /// Points [N, 2] as a figure.
  func figure(_ title: String, _ points: Tensor, x: Figure.Axis = "", y: Figure.Axis = "") -> Figure {
    let values = points.array(of: Float.self)
    let counts = Dictionary(classes.map { ($0, 1) }, uniquingKeysWith: +)
    let ranked = counts.keys.sorted { (counts[$1] ?? 0, $0) < (counts[$0] ?? 0, $1) }
    let own = ranked.count <= LookFeatures.mostColors ? ranked : Array(ranked.prefix(LookFeatures.mostColors - 1))
    func series(_ name: String, _ isIn: (Int) -> Bool) -> Figure.Series {
      let places = classes.indices.filter { isIn(classes[$0]) }
      return Figure.Series(name, x: places.map { values[2 * $0] }, y: places.map { values[2 * $0 + 1] })
    }
    var shown = own.sorted().map { index in series(classNames.map { $0[index] } ?? "\(index)") { $0 == index } }
    if own.count < ranked.count {
      shown.append(series("\(ranked.count - own.count) other classes") { !own.contains($0) })
    }
    return Figure(title, .scatter(shown, x: x, y: y), width: 520)
  }
}
