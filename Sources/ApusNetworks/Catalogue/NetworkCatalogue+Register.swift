import ApusCore
import ApusSupport

extension NetworkCatalogue {
  /// What `register` was given.
  static let registered = Monitor<[Entry]>([])

  /// Makes a network of one's own known by a name. Runs, models and weights then work as those of the library's networks do:
  /// `TrainingRun` starts, interrupts and resumes its training in a folder with metrics, report and model, `TrainedModel.read` reads
  /// the model. The name is what the files say, so each program that reads them registers the network first.
  ///
  /// ```swift
  /// NetworkCatalogue.register("smallnet", input: [32, 32, 1], classes: 10) { input, classes in
  ///   SmallNet(channels: input[2], classes: classes)
  /// }
  /// _ = try TrainingRun.start(
  ///   .init(network: "smallnet", data: .digits, settings: TrainingSettings(epochs: 10)), in: "runs/small",
  ///   observer: SilentObserver())
  /// ```
  /// The names of `names`, and the command's tables, are those of the library's networks alone.
  ///
  /// - Parameters:
  ///   - name: letters, digits, points, hyphens and underscores. Traps if a network has it already.
  ///   - title: as people write it in a text; by default the name.
  ///   - input: the shape `[H, W, C]` of the images that it is made for, the size that image files are resized to by default.
  ///   - classes: the usual number of outputs.
  ///   - make: a new network for images `[H, W, C]` and a number of classes, logits `[N, classes]`. Its initial values are drawn from the
  ///     run's seed.
  public static func register(
    _ name: String, title: String? = nil, input: Shape, classes: Int,
    make: @escaping @Sendable (_ input: Shape, _ classes: Int) -> any Layer
  ) {
    let isPlain = name.utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        || ".-_".utf8.contains(byte)
    }
    if name.isEmpty || !isPlain {
      fatalError("register: the name \"\(name)\", expected letters, digits, points, hyphens and underscores")
    }
    if input.count != 3 || !input.allSatisfy({ $0 > 0 }) {
      fatalError("register: \(name) with input \(input), expected an image's shape [H, W, C]")
    }
    if classes < 1 { fatalError("register: \(name) with \(classes) classes, expected at least one") }
    let entry = Entry(
      name: name, title: title ?? name, variant: "", paper: "", usualInput: input, usualClasses: classes,
      refusal: { _, _ in nil }, make: make)
    // One step, so that of two threads one is refused.
    let isFree =
      known(name) == nil
      && registered.locked { own in
        if own.contains(where: { $0.name == name }) { return false }
        own.append(entry)
        return true
      }
    if !isFree { fatalError("register: there is a network \"\(name)\" already: give it another name") }
  }

  /// Whether a file's network is known here; `file` is named in the error, `part` says where in it the name stands.
  package static func check(_ name: String, namedIn file: String, part: String) throws(FileError) {
    if known(name) != nil { return }
    throw FileError(
      file, part: part, found: "the network \(JSONScanner.shown(name)), which this program does not know",
      expected: "one of apus zoo; one of your own is registered first, by NetworkCatalogue.register in your program")
  }
}
