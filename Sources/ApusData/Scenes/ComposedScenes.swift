import ApusCore
import ApusSupport

/// Scenes composed of small gray images, handwritten digits for instance, with the class of every pixel: data for segmentation where
/// nobody has drawn label maps.
///
/// A scene is a background of soft patches, stripes and noise; bright discs that belong to it; and images of the data set at random
/// places, sizes and brightnesses, none over another. A pixel's label is 1 + the image's class where there is at least `ink` of it, 0
/// below `border`, and `ignored` between: the soft border belongs to nobody, as in PASCAL VOC's masks.
///
/// Scene i is a pure function of (data set, size, seed, series, i).
public struct ComposedScenes: Sendable {
  /// The label of pixels that are neither trained on nor counted.
  package static let ignored = 255
  /// How much of the image's color a pixel must have to be of its class, and not of the background, in 0...1.
  package static let (ink, border): (Float, Float) = (0.35, 0.15)
  /// Smallest height and width of a scene.
  package static let smallestSize = 16
  /// (byte / 255 − 0.3) / 0.25: near mean 0 and deviation 1 for every scene, whatever its digits.
  package static let normalization = Normalization(mean: [0.3], deviation: [0.25])

  /// Height of every scene, in pixels.
  package let height: Int
  /// Width of every scene, in pixels.
  package let width: Int
  /// The background, then the data set's classes.
  public let classNames: [String]
  private let split: DataSplit
  private let seed: UInt64
  private let stream: UInt64
  /// From the data set's size to each side that an image may get.
  private let tables: [ResampleTable]
  private let smallestSide: Int
  /// Whether each scene has one image, whose class and box are the targets.
  package let isOfOne: Bool

  /// - Parameters:
  ///   - split: whose images are used.
  ///   - series: scenes of another series have other layouts.
  /// - Throws: `DataError` if there are no images, they are not gray squares, or there are so many classes that one's label is `ignored`.
  public init(_ split: DataSplit, height: Int, width: Int, seed: UInt64, series: Int = 0) throws(DataError) {
    try self.init(split, height: height, width: width, seed: seed, series: series, isOfOne: false)
  }

  /// - Parameter isOfOne: scenes of one image each, and its class and box as targets.
  /// - Throws: `DataError` if there are no images, they are not gray squares, or there are so many classes that one's label is `ignored`.
  package init(
    _ split: DataSplit, height: Int, width: Int, seed: UInt64, series: Int, isOfOne: Bool
  ) throws(DataError) {
    let dataset = split.dataset
    if dataset.channels != 1 || dataset.height != dataset.width {
      throw DataError(
        dataset.source, found: "images of shape \([dataset.height, dataset.width, dataset.channels])",
        expected: "gray squares, to compose scenes of them")
    }
    if split.count == 0 {
      throw DataError(dataset.source, found: "no images to compose scenes of", expected: "at least one in each part")
    }
    if dataset.classNames.count >= ComposedScenes.ignored {
      throw DataError(
        dataset.source, found: "\(dataset.classNames.count) classes",
        expected:
          "at most \(ComposedScenes.ignored - 1): label \(ComposedScenes.ignored) marks pixels that do not count")
    }
    if min(height, width) < ComposedScenes.smallestSize || !(0..<256).contains(series) {
      fatalError(
        "ComposedScenes of \(height)×\(width), series \(series): at least \(ComposedScenes.smallestSize) pixels, series 0 to 255"
      )
    }
    self.height = height
    self.width = width
    self.split = split
    self.seed = seed
    stream = RandomDomain.scenes | UInt64(series) << 48
    classNames = ["background"] + dataset.classNames
    let smallest = 16
    smallestSide = smallest
    self.isOfOne = isOfOne
    tables = (smallest...min(40, min(height, width))).map {
      ResampleTable(from: dataset.height, to: $0, filter: .bilinear, antialias: true, alignCorners: false)
    }
  }

  /// uint8 image `[H, W, 1]` and int32 labels `[H, W]`.
  package func scene(_ index: Int) -> (image: Tensor, labels: Tensor) {
    let scene = composed(index)
    return (scene.image, scene.labels)
  }

  /// A scene of one image: uint8 `[H, W, 1]`, the image's class, and the box around what shows of it.
  package func locatedScene(_ index: Int) -> (image: Tensor, label: Int, box: BoxShares) {
    let scene = composed(index)
    guard isOfOne, let object = scene.objects.first else { fatalError("a located scene of several images") }
    return (
      scene.image, object.label,
      BoxShares(rows: object.rows, columns: object.columns, ofHeight: height, width: width)
    )
  }

  /// An image in a scene: its class, and the rows and columns in which there is some of it.
  private struct Object {
    var label: Int
    var rows: Range<Int>
    var columns: Range<Int>
  }

  private func composed(_ index: Int) -> (image: Tensor, labels: Tensor, objects: [Object]) {
    if index < 0 || index >= 1 << 48 { fatalError("scene \(index)") }
    var draws = RandomDraws(seed: seed, stream: stream | UInt64(index))
    var pixels = background(&draws)
    var labels = [Int32](repeating: 0, count: height * width)
    let area = height * width
    for _ in 0..<draws.integer(below: 1 + area / 1400) { paintDisc(on: &pixels, &draws) }
    var taken: [Box] = []
    var objects: [Object] = []
    for _ in 0...(isOfOne ? 0 : draws.integer(below: max(1, area / 1024))) {
      if let object = paintImage(on: &pixels, &labels, &draws, beside: &taken) { objects.append(object) }
    }
    let deviation = draws.number(from: 0.01, to: 0.08)
    let bytes = zip(pixels, draws.normal(count: area)).map { pixel, noise in
      UInt8((255 * min(max(pixel + deviation * noise, 0), 1)).rounded())
    }
    return (Tensor(bytes, shape: [height, width, 1]), Tensor(labels, shape: [height, width]), objects)
  }

  /// Scenes one after the other, normalized.
  public func batch(_ indices: Range<Int>) -> Batch {
    if isOfOne { return locatedBatch(indices) }
    var bytes: [UInt8] = []
    var labels: [Int32] = []
    for index in indices {
      let scene = scene(index)
      bytes += scene.image.array(of: UInt8.self)
      labels += scene.labels.array(of: Int32.self)
    }
    let images = Tensor(bytes, shape: [indices.count, height, width, 1])
    return Batch(
      images: ComposedScenes.normalization(images), labels: Tensor(labels, shape: [indices.count, height, width]))
  }

  /// Targets float32 `[N, 5]`: the class, then x, y, width and height of `BoxShares`.
  private func locatedBatch(_ indices: Range<Int>) -> Batch {
    let scenes = indices.map(locatedScene)
    let bytes = scenes.flatMap { $0.image.array(of: UInt8.self) }
    let targets = scenes.flatMap { [Float($0.label)] + $0.box.numbers }
    return Batch(
      images: ComposedScenes.normalization(Tensor(bytes, shape: [scenes.count, height, width, 1])),
      targets: Tensor(targets, shape: [scenes.count, 5]))
  }

  // MARK: Painting

  /// Rows and columns of an image in a scene.
  private struct Box {
    var top: Int
    var left: Int
    var side: Int

    func overlaps(_ other: Box) -> Bool {
      top < other.top + other.side && other.top < top + side && left < other.left + other.side
        && other.left < left + side
    }
  }

  private func background(_ draws: inout RandomDraws) -> [Float] {
    let cells = 2 + draws.integer(below: 6)
    let base = draws.number(from: 0.05, to: 0.25)
    let depth = draws.number(from: 0, to: 0.25)
    let patches = (0..<cells * cells).map { _ in base + depth * draws.number(from: 0, to: 1) }
    func table(_ size: Int) -> ResampleTable {
      ResampleTable(from: cells, to: size, filter: .bilinear, antialias: false, alignCorners: false)
    }
    var pixels = table(height).resampled(patches, width: cells, by: table(width))
    // Stripes: a triangle wave, so many periods a pixel down and to the right.
    let contrast = draws.number(from: 0, to: 0.12)
    let (down, right) = (draws.number(from: 0, to: 0.2), draws.number(from: -0.2, to: 0.2))
    for y in 0..<height {
      for x in 0..<width {
        let phase = down * Float(y) + right * Float(x)
        pixels[y * width + x] += contrast * (abs(2 * (phase - phase.rounded(.down)) - 1) - 0.5)
      }
    }
    return pixels
  }

  private func paintDisc(on pixels: inout [Float], _ draws: inout RandomDraws) {
    let (y, x) = (draws.number(from: 0, to: Float(height)), draws.number(from: 0, to: Float(width)))
    let radius = draws.number(from: 1.5, to: 5)
    let brightness = draws.number(from: 0.5, to: 1)
    for row in max(0, Int(y - radius - 1))..<min(height, Int(y + radius + 2)) {
      for column in max(0, Int(x - radius - 1))..<min(width, Int(x + radius + 2)) {
        let (dy, dx) = (Float(row) + 0.5 - y, Float(column) + 0.5 - x)
        let part = min(max(radius + 0.5 - (dy * dy + dx * dx).squareRoot(), 0), 1)
        pixels[row * width + column] += part * (brightness - pixels[row * width + column])
      }
    }
  }

  /// Where there is no room after some tries the scene has an image less.
  private func paintImage(
    on pixels: inout [Float], _ labels: inout [Int32], _ draws: inout RandomDraws, beside taken: inout [Box]
  ) -> Object? {
    let sample = Int(split.indices[draws.integer(below: split.count)])
    let brightness = draws.number(from: 0.65, to: 1)
    var place: Box?
    for _ in 0..<12 where place == nil {
      let side = smallestSide + draws.integer(below: tables.count)
      let box = Box(
        top: draws.integer(below: height - side + 1), left: draws.integer(below: width - side + 1), side: side)
      if !taken.contains(where: { $0.overlaps(box) }) { place = box }
    }
    guard let box = place else { return nil }
    taken.append(box)
    let table = tables[box.side - smallestSide]
    let dataset = split.dataset
    let ink = table.resampled(
      dataset.image(sample).array(of: UInt8.self).map { Float($0) / 255 }, width: dataset.width, by: table)
    var (rows, columns): ([Int], [Int]) = ([], [])
    for y in 0..<box.side {
      for x in 0..<box.side {
        let (part, index) = (ink[y * box.side + x], (box.top + y) * width + box.left + x)
        pixels[index] += part * (brightness - pixels[index])
        if part >= ComposedScenes.border {
          labels[index] = part >= ComposedScenes.ink ? 1 + dataset.labels[sample] : Int32(ComposedScenes.ignored)
          rows.append(y)
          columns.append(x)
        }
      }
    }
    // Of an image without ink all of its square.
    func extent(_ places: [Int], from start: Int) -> Range<Int> {
      start + (places.min() ?? 0)..<start + (places.max() ?? box.side - 1) + 1
    }
    return Object(
      label: Int(dataset.labels[sample]), rows: extent(rows, from: box.top), columns: extent(columns, from: box.left))
  }
}

/// Random numbers one after the other, a pure function of (seed, stream).
private struct RandomDraws {
  private let seed: UInt64
  private let stream: UInt64
  private var block: [Float] = []
  private var position = 0
  private var first: UInt64 = 0
  private static let blockSize = 256

  init(seed: UInt64, stream: UInt64) {
    self.seed = seed
    self.stream = stream
  }

  private mutating func next() -> Float {
    if position == block.count {
      block = Random.uniform(seed: seed, stream: stream, first: first, count: RandomDraws.blockSize)
      first += UInt64(RandomDraws.blockSize)
      position = 0
    }
    defer { position += 1 }
    return block[position]
  }

  mutating func number(from low: Float, to high: Float) -> Float { low + (high - low) * next() }

  /// Uniform in 0 ..< bound.
  mutating func integer(below bound: Int) -> Int { min(Int(next() * Float(bound)), bound - 1) }

  /// From a place of the stream that the numbers before do not reach.
  func normal(count: Int) -> [Float] { Random.normal(seed: seed, stream: stream, first: 1 << 32, count: count) }
}

extension ResampleTable {
  /// A gray image [inputs, width] to [outputs, columns.outputs]: this table along the height, the other along the width. On one thread,
  /// for prefetching.
  func resampled(_ image: [Float], width: Int, by columns: ResampleTable) -> [Float] {
    let rows = ResampleTable.along(self, image, count: width, step: width, next: 1)
    return ResampleTable.along(columns, rows, count: outputs, step: 1, next: width)
  }

  /// `count` lines whose elements are `step` apart and that begin `next` apart, to lines of the table's outputs in the same order.
  private static func along(_ table: ResampleTable, _ x: [Float], count: Int, step: Int, next: Int) -> [Float] {
    var y = [Float](repeating: 0, count: count * table.outputs)
    for output in 0..<table.outputs {
      let start = Int(table.first[output])
      for line in 0..<count {
        var sum: Float = 0
        for tap in 0..<table.taps {
          sum += Float(table.weights[output * table.taps + tap]) * x[line * next + (start + tap) * step]
        }
        y[step == 1 ? line * table.outputs + output : output * count + line] = sum
      }
    }
    return y
  }
}
