import Apus
import ApusVision
import Foundation
import Testing

private func load(_ folder: String, damaged: DamagedImages = .stop) throws -> DataSplits {
  try ImageFolder.load(folder: folder, options: .init(input: [4, 4, 1], damaged: damaged), reader: Image.reader)
}

/// What is found in folders, and what is done about what is none of an image.
@Suite struct ImageFolderWalkTests {
  private let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  private func copy(_ fixture: String, to path: String) throws {
    let target = temporary.path + "/" + path
    try FileManager.default.createDirectory(
      atPath: String(target[..<target.lastIndex(of: "/")!]), withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: repositoryFile("Tests/Fixtures/image-forms/" + fixture), toPath: target)
  }

  /// torchvision's order: by the folders' paths, then by the names. "s t" comes before "s/…".
  @Test func walksAClassAsTorchvisionDoes() throws {
    let folder = try pictureFolder(
      temporary, "a",
      [
        "x/s/deep": [1], "x": [2, 3], "x/s": [4], "x/s t": [5], "x/B": [6], "y": [7, 8, 9, 10, 11, 12],
        "y/.hidden": [99],
      ])
    let files = try load(folder).files.map(\.path)
    #expect(
      files
        == [
          "x/0.png", "x/1.png", "x/B/0.png", "x/s/0.png", "x/s t/0.png", "x/s/deep/0.png", "y/0.png", "y/1.png",
          "y/2.png",
          "y/3.png", "y/4.png", "y/5.png",
        ].sorted(by: torchvisionPrecedes))
    // Files in folders of equal names are drawn for themselves.
    #expect(Set(files).count == 12)
  }

  /// As Python sorts pairs of a folder and its files.
  private func torchvisionPrecedes(_ a: String, _ b: String) -> Bool {
    func parts(_ path: String) -> (String, String) {
      let slash = path.lastIndex(of: "/")!
      return (String(path[..<slash]), String(path[slash...]))
    }
    let (left, right) = (parts(a), parts(b))
    return left.0 == right.0
      ? left.1.utf8.lexicographicallyPrecedes(right.1.utf8) : left.0.utf8.lexicographicallyPrecedes(right.0.utf8)
  }

  @Test func readsByContentWhatTorchvisionListsByName() throws {
    let folder = try pictureFolder(temporary, "a", ["x": [1, 2], "y": Array(3..<9)])
    for (fixture, name) in [
      ("rgb.bmp", "a.BMP"), ("lossy.webp", "b.webp"), ("q95.jpg", "really-a-jpeg.png"), ("frame.gif", "c.jpg"),
      ("gray1.png", "d.tiff"), ("frame.gif", "not-listed.gif"),
    ] { try copy(fixture, to: "a/x/" + name) }
    let data = try load(folder)
    #expect(
      data.files.filter { $0.label == 0 }.map(\.path)
        == ["0.png", "1.png", "a.BMP", "b.webp", "c.jpg", "d.tiff", "really-a-jpeg.png"].map { "x/" + $0 })
    #expect(
      data.notes.count == 1
        && data.notes[0].contains("not read: 1 .gif; the files that are read end in .jpg, .jpeg, .png, .ppm, .bmp"))
  }

  /// "é" in one code point, as Linux writes it, and in two, as macOS does.
  @Test func comparesClassNamesInOneForm() throws {
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    let folder = try pictureFolder(
      temporary, "a",
      ["train/\(composed)": [1, 2], "train/caff": [3, 4], "val/\(decomposed)": [5], "test/\(decomposed)": [6, 7]])
    let data = try load(folder)
    #expect(data.classNames == ["caff", composed] && data.test.labels == [1, 1] && data.validation.labels == [1])
    let other = try pictureFolder(
      temporary, "b", ["train/\(decomposed)": [1, 2], "train/caff": [3, 4], "val/caff": [5]])
    #expect(try load(other).classNames == ["cafe\u{301}", "caff"])
    let twice = try pictureFolder(temporary, "c", [composed: [1], decomposed: [2], "x": [3]])
    if try FileManager.default.contentsOfDirectory(atPath: twice).count == 3 {
      expectError("two folders of the class \"caf", "move the images") { _ = try load(twice) }
    }
  }

  /// torchvision sorts by code points: "é" as two of them comes before "f", as one after "z". `sorted(os.listdir())` in Python gives this
  /// order.
  @Test func numbersClassesAsTorchvisionDoes() throws {
    let names = [
      "caf\u{E9}", "cafe\u{301}s", "caff", "cafz", "Zebra", "\u{3A9}", "A\u{30A}", "\u{FB01}n", "\u{1F600}", "\u{65E5}",
    ]
    let folder = temporary.path + "/a"
    for (value, name) in names.enumerated() {
      let written = try pictureFolder(temporary, "a/train", [name: [value, 100 + value]])
      #expect(written == folder + "/train")
    }
    _ = try pictureFolder(temporary, "a/test", ["cafe\u{301}": [0], "caf\u{E9}s": [1], "\u{C5}": [6]])
    _ = try pictureFolder(temporary, "a/val", ["caff": [2]])
    let data = try load(folder)
    let order = [
      "A\u{30A}", "Zebra", "cafe\u{301}s", "caff", "cafz", "caf\u{E9}", "\u{3A9}", "\u{65E5}", "\u{FB01}n", "\u{1F600}",
    ]
    #expect(data.classNames.map { Array($0.utf8) } == order.map { Array($0.utf8) })
    for (index, label) in every(data.train.labels.enumerated().map { ($0, $1) }) {
      let value = Int(data.train.image(at: index).array(of: UInt8.self)[0]) % 100
      #expect(Array(order[Int(label)].utf8) == Array(names[value].utf8))
    }
    // The test folder's names, in their other form, are the same classes.
    #expect(data.test.labels == [0, 5, 2].sorted())
    for (index, label) in every(data.test.labels.enumerated().map { ($0, $1) }) {
      #expect(order[Int(label)] == names[Int(data.test.image(at: index).array(of: UInt8.self)[0])])
    }
  }

  /// Folders of two links each to the next have two to the power of their number of paths.
  @Test func walksABoundedNumberOfFolders() throws {
    let folder = temporary.path + "/a"
    for depth in 0..<6 {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(depth)", withIntermediateDirectories: true)
      for name in ["x", "y"] where depth < 5 {
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/\(depth)/\(name)", withDestinationPath: "\(folder)/\(depth + 1)")
      }
    }
    try copy("gray.jpg", to: "a/5/1.jpg")
    let walk = try ImageFolderWalk(folder + "/0", ImageReading(), mostFolders: 63)
    #expect(walk.files.count == 32 && walk.files.first == "x/x/x/x/x/1.jpg")
    expectError("/0: more than 62 folders", "links may lead to the same ones") {
      _ = try ImageFolderWalk(folder + "/0", ImageReading(), mostFolders: 62)
    }
    #expect(ImageFolderWalk.mostFolders == 1 << 20)
  }

  /// Two files whose names differ only in their form are two, where the file system tells them apart.
  @Test func comparesFilesByTheirBytes() throws {
    let folder = try pictureFolder(temporary, "a", ["x": [1, 2, 3], "y": [4, 5, 6, 7]])
    for name in ["\u{E9}.png", "e\u{301}.png"] { try copy("gray.jpg", to: "a/x/" + name) }
    if try FileManager.default.contentsOfDirectory(atPath: folder + "/x").count < 5 { return }
    let files = try load(folder).files
    #expect(files.count == 9)
    let again = try ImageFolder.load(
      folder: folder, options: .init(input: [4, 4, 1]), division: .recorded(files, skipped: []), reader: Image.reader)
    #expect(again.files == files)
    try FileManager.default.removeItem(atPath: folder + "/x/\u{E9}.png")
    expectError("1 file is gone") {
      _ = try ImageFolder.load(
        folder: folder, options: .init(input: [4, 4, 1]), division: .recorded(files, skipped: []), reader: Image.reader)
    }
  }

  /// A pipe that nobody writes to would be waited for; a device never ends.
  @Test(.timeLimit(.minutes(1))) func passesOverWhatIsNoFile() throws {
    let folder = try pictureFolder(temporary, "a", ["x": Array(0..<9), "y": Array(20..<29)])
    #expect(mkfifo(folder + "/x/pipe.png", 0o600) == 0 && mkfifo(folder + "/pipe", 0o600) == 0)
    try FileManager.default.createSymbolicLink(atPath: folder + "/x/zero.png", withDestinationPath: "/dev/zero")
    try FileManager.default.createSymbolicLink(atPath: folder + "/y/again", withDestinationPath: folder + "/y")
    let data = try load(folder)
    #expect(data.files.count == 18)
    let notes = data.notes.joined()
    #expect(notes.contains("1 circular link, 1 device, 1 pipe;"), "\(notes)")
    // Where a file is named, it is refused at once.
    let pipe = folder + "/x/pipe.png"
    expectError("pipe.png: a pipe, expected a file") { _ = try Image(contentsOf: pipe) }
    expectError("a device") { _ = try File.contents(of: "/dev/zero") }
    for read in [{ _ = try Npy.read($0) }, { _ = try IDX.read($0, axes: 1) }, { _ = try RunRecord.read($0) }]
      as [(String) throws -> Void]
    {
      expectError("a pipe, expected a file") { try read(pipe) }
    }
  }

  @Test func leavesOutDamagedImagesUpToALimit() throws {
    let folder = try pictureFolder(temporary, "a", ["x": Array(0..<20), "y": Array(20..<40)])
    try Data().write(to: URL(fileURLWithPath: folder + "/x/3.png"))
    try Data("<!DOCTYPE html>".utf8).write(to: URL(fileURLWithPath: folder + "/y/7.png"))
    expectError("x/3.png", "empty") { _ = try load(folder) }
    let data = try load(folder, damaged: .skip)
    #expect(data.files.count == 38 && data.train.dataset.count == 38)
    #expect(data.skipped.map(\.path) == ["x/3.png", "y/7.png"])
    #expect(data.skipped[0].reason.hasPrefix("the file is empty") && data.skipped[1].reason.contains("HTML"))
    #expect(
      data.notes.count == 1 && data.notes[0].contains("left out 2 of 40 images") && data.notes[0].contains("x/3.png"))
    // The images that are left keep their pixels and labels.
    for (index, file) in data.files.enumerated() {
      let name = Int(file.path.dropFirst(2).dropLast(4))!
      #expect(data.train.dataset.image(index).array(of: UInt8.self)[0] == UInt8(name + 20 * file.label))
      #expect(Int(data.train.dataset.labels[index]) == file.label)
    }
    // Four of 40 are a tenth; five are more.
    for name in ["x/4", "x/5"] { try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/\(name).png")) }
    #expect(try load(folder, damaged: .skip).skipped.count == 4)
    try Data([1]).write(to: URL(fileURLWithPath: folder + "/y/5.png"))
    expectError("5 of 40 images that cannot be read", "x/3.png", "at most 10 %") {
      _ = try load(folder, damaged: .skip)
    }
  }
}
