import Apus
import ApusVision
import ArgumentParser

/// What `apus look` looks at: a network, images as it takes them, and the classes that are asked about.
struct LookSubject {
  /// Images by names, uint8 [1, H, W, C] of the network's input.
  struct Images {
    var all: [(name: String, pixels: Tensor)] = []
    /// Those among which the strongest are sought: all that are given, or more of the run's own than are shown.
    var pool: [Tensor] = []
    /// All that the run held out, where no files are given.
    var heldOut: DataSplit?
    var notes: [String] = []

    /// How many of a run's own images are shown, and sought among.
    private static let (ownImages, ownPool) = (4, 100)

    /// The files that are given, or the first images that a run held out.
    init(_ files: [String], of network: String, _ source: NetworkSource, isRun: Bool) throws {
      if files.isEmpty {
        guard isRun, try ImportedModel(network) == nil else {
          throw ValidationError("no image given: apus look \(network) --what WHAT IMAGE…")
        }
        let trained = try ModelSource(network).read()
        let split = try TrainingRun.heldOut(network, of: trained, reader: Image.reader)
        heldOut = split
        pool = (0..<min(Images.ownPool, split.count)).map {
          split.image(at: $0).reshaped(Shape([1] + source.input))
        }
        all = pool.prefix(Images.ownImages).enumerated().map { ("test-\($0)", $1) }
        return
      }
      let pictures = try PictureFiles(files, source.reading)
      notes = pictures.notes
      for path in pictures.paths {
        let image = try Image(contentsOf: path, reading: source.reading)
        if [image.height, image.width] != [source.input[0], source.input[1]] {
          notes.append(
            "\(path): \(image.height)×\(image.width), scaled to \(source.input[0])×\(source.input[1]) as the network's images were"
          )
        }
        all.append((Images.stem(of: path, besides: all.map(\.name)), try source.prepared(image, path)))
      }
      pool = all.map(\.pixels)
    }

    /// A file's name without its extension, with a number behind it where another one has it.
    private static func stem(of path: String, besides others: [String]) -> String {
      let file = path.split(separator: "/").last.map(String.init) ?? path
      let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
      return ([stem] + (2...).lazy.prefix(others.count + 1).map { "\(stem)-\($0)" }).first { !others.contains($0) }!
    }
  }

  let model: any Layer
  /// An image's `[H, W, C]`.
  let input: Shape
  let images: [(name: String, pixels: Tensor)]
  /// Images among which the strongest are sought, uint8 [1, H, W, C]; the first are `images`.
  let pool: [Tensor]
  /// The same as the network takes them.
  let poolBatch: Tensor
  /// The images as the network takes them, [N, H, W, C].
  let batch: Tensor
  /// A class per image.
  let classes: [Int]
  /// The class's score for each image.
  let scores: [Float]
  let notes: [String]
  let seed: UInt64
  /// The class with the highest score of each image.
  let predicted: [Int]
  /// All images that the run held out for its test, where it looks at the first of them.
  let heldOut: DataSplit?
  /// Of a map: how many neighbors a point has.
  let perplexity: Double
  /// Whether what takes long says on standard output how far it is.
  let showsProgress: Bool
  let classNames: [String]?
  private let normalization: Normalization
  private let isAsked: Bool
  /// As given by `--at`.
  let path: String?

  init(
    _ source: NetworkSource, images: Images, asked: String?, at path: String?, seed: UInt64, perplexity: Double,
    showsProgress: Bool
  ) throws {
    (model, input, self.images, pool, notes) = (source.model, source.input, images.all, images.pool, images.notes)
    (classNames, self.path, self.seed, isAsked) = (source.classNames, path, seed, asked != nil)
    (heldOut, normalization) = (images.heldOut, source.normalization)
    (self.perplexity, self.showsProgress) = (perplexity, showsProgress)
    poolBatch = Tensor.concatenated(images.pool.map { source.normalization($0) }, axis: 0)
    batch = poolBatch.slice(axis: 0, range: 0..<images.all.count)
    let all = model(batch)
    if all.rank != 2 {
      throw AttributionError(
        "the network gives \(all.shape), expected one score per class: apus look takes classifiers")
    }
    predicted = all.argmax(axis: 1).array(of: Int32.self).map(Int.init)
    let count = all.shape[1]
    let one = try asked.map { try LookSubject.number(of: $0, among: source.classNames, count) }
    classes = predicted.map { one ?? $0 }
    scores = zip(classes.indices, classes).map { all[$0, $1].array(of: Float.self)[0] }
  }

  private static func number(of text: String, among names: [String]?, _ count: Int) throws -> Int {
    if let place = names?.firstIndex(of: text) { return place }
    if let number = Int(text) {
      if (0..<count).contains(number) { return number }
      throw ValidationError("--class \(number): expected 0 to \(count - 1), as the network has \(count) classes")
    }
    guard let names else {
      throw ValidationError("--class \(text): the weights say no names: give a number, 0 to \(count - 1)")
    }
    let nearest = Suggestion.nearest(to: text, in: names).map { "; did you mean \($0)?" } ?? ""
    throw ValidationError("--class \(text): the network's classes are \(NameList.text(names))\(nearest)")
  }

  /// What is looked at, in a sentence.
  var summary: String {
    "\(images.count == 1 ? "An image" : "\(images.count) images") of \(input[0])×\(input[1]) pixels, for the class "
      + "\(isAsked ? "that was asked for" : "predicted for each")."
  }

  /// What an image is made of that no image was given for: gray with a little noise, [1, H, W, C].
  var noise: Tensor { Tensor.normal(Shape([1] + input), seed: seed) * 0.1 }

  /// An image [1, H, W, C] as the network takes it, as pixels; what none can be is the nearest that can.
  func picture(_ image: Tensor) -> Picture {
    let bytes = (image * Tensor(normalization.deviation) + Tensor(normalization.mean)) * 255
    let pixels = bytes.array(of: Float.self).map { UInt8(min(max($0.rounded(), 0), 255)) }
    return Picture(width: input[1], height: input[0], channels: input[2], pixels: pixels)
  }

  /// The layer of `--at`, or the last convolution.
  func layer() throws -> String { try path ?? ImageLayers(model, input: batch.shape).last() }

  /// `rose: class 3 (rose), score 8.12`
  func explained(_ image: Int) -> String {
    let name = classNames.map { " (\($0[classes[image]]))" } ?? ""
    return
      "\(images[image].name): class \(classes[image])\(name), score \(Double(scores[image]).compact(decimals: 2, width: 8))"
  }
}
