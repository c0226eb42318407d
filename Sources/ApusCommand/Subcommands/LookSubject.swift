import Apus
import ApusVision
import ArgumentParser

/// What `apus look` looks at: a network, images as it takes them, and the classes that are asked about.
struct LookSubject {
  /// Images by names, uint8 [1, H, W, C] of the network's input.
  struct Images {
    var all: [(name: String, pixels: Tensor)] = []
    var notes: [String] = []

    /// Of a run without image files.
    private static let ownImages = 4

    /// The files that are given, or the first images that a run held out.
    init(_ files: [String], of network: String, _ source: NetworkSource, isRun: Bool) throws {
      if files.isEmpty {
        guard isRun, try ImportedModel(network) == nil else {
          throw ValidationError("no image given: apus look \(network) --what WHAT IMAGE…")
        }
        let trained = try ModelSource(network).read()
        let split = try TrainingRun.heldOut(network, of: trained, reader: Image.reader)
        all = (0..<min(Images.ownImages, split.count)).map { place in
          ("test-\(place)", split.image(at: place).reshaped(Shape([1] + source.input)))
        }
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
  /// The images as the network takes them, [N, H, W, C].
  let batch: Tensor
  /// A class per image.
  let classes: [Int]
  /// The class's score for each image.
  let scores: [Float]
  let notes: [String]
  let seed: UInt64
  private let classNames: [String]?
  /// As given by `--at`.
  let path: String?

  init(_ source: NetworkSource, images: Images, asked: String?, at path: String?, seed: UInt64) throws {
    (model, input, self.images, notes) = (source.model, source.input, images.all, images.notes)
    (classNames, self.path, self.seed) = (source.classNames, path, seed)
    batch = Tensor.concatenated(images.all.map { source.normalization($0.pixels) }, axis: 0)
    let all = model(batch)
    if all.rank != 2 {
      throw AttributionError(
        "the network gives \(all.shape), expected one score per class: apus look takes classifiers")
    }
    let predicted = all.argmax(axis: 1).array(of: Int32.self).map(Int.init)
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

  /// The layer of `--at`, or the last convolution.
  func layer() throws -> String { try path ?? ImageLayers(model, input: batch.shape).last() }

  /// `rose: class 3 (rose), score 8.12`
  func explained(_ image: Int) -> String {
    let name = classNames.map { " (\($0[classes[image]]))" } ?? ""
    return
      "\(images[image].name): class \(classes[image])\(name), score \(Double(scores[image]).compact(decimals: 2, width: 8))"
  }
}
