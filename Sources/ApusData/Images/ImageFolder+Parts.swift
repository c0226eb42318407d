import ApusSupport

extension ImageFolder {
  /// The images of a folder of classes, in the order of its list.
  package struct Decoded {
    package let dataset: ImageDataset
    /// Below the whole folder.
    let paths: [String]
    /// Below the folder of the classes.
    let drawPaths: [String]
    package let contents: [DataFile.Content]
    /// What was left out.
    package let skipped: [SkippedImage]

    func file(_ index: Int, _ part: DataPart) -> DataFile {
      DataFile(part: part, label: Int(dataset.labels[index]), path: paths[index], content: contents[index])
    }
  }

  /// Divides the training folder's images, where there is no validation or no test folder, and says which file is in which part.
  static func split(
    train: Decoded, validation: Decoded?, test: Decoded?, _ folder: String, _ division: Division
  ) throws(DataError) -> DataSplits {
    var lacking: Set<DataPart> = []
    if validation == nil { lacking.insert(.validation) }
    if test == nil { lacking.insert(.test) }
    let parts =
      switch division {
      case .byPath: divided(train, lacking)
      case .byPlace: dividedByPlace(train.dataset, lacking)
      case .recorded(let files, _): try recorded(files, train, validation, test, folder)
      }
    func indices(_ part: DataPart) -> [Int32] { parts.indices.filter { parts[$0] == part }.map { Int32($0) } }
    let training = indices(.training)
    let left = Set(training.map { train.dataset.labels[Int($0)] })
    let missing = train.dataset.classNames.indices.first { !left.contains(Int32($0)) }
    if missing != nil || lacking.contains(where: { !parts.contains($0) }) {
      let name = missing.map { "the class \(train.dataset.classNames[$0])" } ?? "each class"
      throw DataError(
        folder, found: "too few images of \(name) to train on and to measure with",
        expected: "more, or folders val and test beside train")
    }
    let normalization = Normalization(of: train.dataset, at: training)
    func split(_ decoded: Decoded?, or part: DataPart) -> DataSplit {
      decoded.map {
        DataSplit($0.dataset, indices: Array(0..<Int32($0.dataset.count)), normalization: normalization)
      } ?? DataSplit(train.dataset, indices: indices(part), normalization: normalization)
    }
    var splits = DataSplits(
      train: DataSplit(train.dataset, indices: training, normalization: normalization),
      validation: split(validation, or: .validation), test: split(test, or: .test))
    if case .byPlace = division { return splits }
    splits.files = parts.indices.map { train.file($0, parts[$0]) }
    for (decoded, part) in [(validation, DataPart.validation), (test, .test)] {
      if let decoded { splits.files += decoded.paths.indices.map { decoded.file($0, part) } }
    }
    splits.notes = unmeasured(splits, lacking, folder)
    return splits
  }

  /// Below the folder of the classes, so that a folder that becomes the training folder of another keeps its parts.
  private static func divided(_ train: Decoded, _ lacking: Set<DataPart>) -> [DataPart] {
    if lacking.isEmpty { return [DataPart](repeating: .training, count: train.paths.count) }
    return RankedDraw.parts(
      of: train.drawPaths, labels: train.dataset.labels, classCount: train.dataset.classNames.count, drawn: lacking,
      seed: DataSplits.splitSeed)
  }

  /// As runs did that recorded no parts: with the classes' shares, by the files' places.
  private static func dividedByPlace(_ dataset: ImageDataset, _ lacking: Set<DataPart>) -> [DataPart] {
    var parts = [DataPart](repeating: .training, count: dataset.count)
    var training = Array(0..<Int32(dataset.count))
    for (part, share, seed) in [(DataPart.test, 5, DataSplits.splitSeed), (.validation, 10, DataSplits.splitSeed + 1)]
    where lacking.contains(part) && !training.isEmpty {
      let (drawn, others) = StratifiedDraw.draw(
        max(1, training.count / share), of: training, labels: dataset.labels, classCount: dataset.classNames.count,
        seed: seed)
      training = others
      for index in drawn { parts[Int(index)] = part }
    }
    return parts
  }

  /// The parts of the training folder's files. The list of files has been compared already; what is in them is compared here.
  private static func recorded(
    _ files: [DataFile], _ train: Decoded, _ validation: Decoded?, _ test: Decoded?, _ folder: String
  ) throws(DataError) -> [DataPart] {
    let before = Dictionary(files.map { (PathBytes($0.path), $0) }) { first, _ in first }
    var changes = FolderChanges()
    for decoded in [train, validation, test].compactMap({ $0 }) {
      for (path, content) in zip(decoded.paths, decoded.contents) {
        if let file = before[PathBytes(path)], file.content != content { changes.changed.append(file) }
      }
    }
    try changes.check(folder)
    return train.paths.map { before[PathBytes($0)]?.part ?? .training }
  }

  /// Which classes have no image to measure them with.
  private static func unmeasured(_ splits: DataSplits, _ lacking: Set<DataPart>, _ folder: String) -> [String] {
    [(DataPart.test, splits.test), (.validation, splits.validation)].filter { lacking.contains($0.0) }.compactMap {
      part, split in
      let present = Set(split.labels)
      let names = splits.classNames.indices.filter { !present.contains(Int32($0)) }.map { splits.classNames[$0] }
      return names.isEmpty
        ? nil
        : "\(folder): too few images of \(NameList.text(names)) for the \(part.rawValue) part: it has none of them"
    }
  }
}
