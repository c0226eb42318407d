import ApusData

extension DataSource {
  /// A data set that is known by name.
  struct KnownSet: Sendable {
    /// As users write it: `mnist`.
    let name: String
    /// For titles: `MNIST`.
    let title: String
    /// What lies in the folder that is named behind it, in words; `nil` if it is inside the library and has none.
    let files: String?
    /// What the test images are, in words.
    let testPart: String
    let load: @Sendable (_ folder: String) throws -> DataSplits

    /// As the user is asked for it: `mnist:FOLDER`.
    var form: String { files == nil ? name : "\(name):FOLDER" }
  }

  /// Every data set. A new one is a file in Sources/ApusData/Sets, and an entry here.
  static let sets = [
    KnownSet(
      name: "digits", title: "UCI handwritten digits", files: nil,
      testPart: "the test images, the same for every run", load: { _ in Digits.load() }),
    KnownSet(
      name: "mnist", title: "MNIST", files: "four IDX files, plain or .gz", testPart: "the images of its t10k files",
      load: { try MNIST.load(folder: $0) }),
    KnownSet(
      name: "cifar10", title: "CIFAR-10", files: "binary batches, plain or .gz",
      testPart: "the images of its test_batch", load: { try CIFAR10.load(folder: $0) }),
  ]
}

extension DataSource.KnownSet: Hashable {
  static func == (a: DataSource.KnownSet, b: DataSource.KnownSet) -> Bool { a.name == b.name }
  func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
