import Apus
import ApusVision
import Foundation
import Testing

/// Writes a folder of pictures of one gray value each: a list of values per class.
func pictureFolder(
  _ temporary: TemporaryFolder, _ name: String, _ classes: KeyValuePairs<String, [Int]>, size: Int = 4
) throws -> String {
  let folder = temporary.path + "/" + name
  for (label, values) in classes {
    try FileManager.default.createDirectory(atPath: folder + "/" + label, withIntermediateDirectories: true)
    for (index, value) in values.enumerated() {
      let pixels = [UInt8](repeating: UInt8(value), count: size * size)
      let png = try Image(height: size, width: size, channels: 1, pixels: pixels).pngData()
      try Data(png).write(to: URL(fileURLWithPath: "\(folder)/\(label)/\(index).png"))
    }
  }
  return folder
}

private func load(_ folder: String, limit: Int = ImageFolder.memoryLimit) throws -> DataSplits {
  try ImageFolder.load(
    folder: folder, options: .init(input: [4, 4, 3]), memoryLimit: limit, reader: Image.reader)
}

@Suite struct ImageFolderTests {
  @Test func numbersClassesByTheBytesOfTheirNames() throws {
    let temporary = try TemporaryFolder()
    let folder = try pictureFolder(
      temporary, "a",
      [
        "train/b": [1], "train/B": [2, 3], "train/10": [4], "train/2": [5], "train/ä": [6], "train/.git": [9],
        "test/2": [7], "test/B": [8], "val/b": [9],
      ])
    try Data("hidden".utf8).write(to: URL(fileURLWithPath: folder + "/train/b/.DS_Store"))
    try Data("text".utf8).write(to: URL(fileURLWithPath: folder + "/train/b/notes.txt"))
    let data = try load(folder)
    #expect(data.classNames == ["10", "2", "B", "b", "ä"])
    #expect(data.train.labels == [0, 1, 2, 2, 3, 4])
    #expect((0..<6).map { data.train.image(at: $0).array(of: UInt8.self)[0] } == [4, 5, 2, 3, 1, 6])
    #expect(data.test.labels == [1, 2] && data.validation.labels == [3] && data.imageShape == [4, 4, 3])
    #expect(data.notes.count == 3)
    #expect(
      data.notes[0].contains("train: not read: 1 .txt") && data.notes[1].contains("val: no folder for 10, 2, B, ä"))
    // Of the training images 1 to 6 alone: 21 / 6.
    #expect(abs(data.normalization.mean[0] - 3.5 / 255) < 1e-7)
    #expect(data.test.normalization == data.normalization)
  }

  /// The reader makes pixels of the very bytes that are recorded, even if the file changes meanwhile.
  @Test func readsEachFileOnce() throws {
    let temporary = try TemporaryFolder()
    let folder = try pictureFolder(temporary, "a", ["x": Array(0..<9), "y": Array(20..<29)])
    let before = try load(folder)
    let data = try ImageFolder.load(folder: folder, options: .init(input: [4, 4, 3])) { content, file, options in
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: file))
      return try Image.reader(content, file, options)
    }
    #expect(data.files == before.files && data.fingerprint == before.fingerprint && before.files.count == 18)
    #expect(try bytes(of: folder + "/x/0.png") == [1, 2, 3])
  }

  @Test func drawsTheMissingPartsWithTheClassesShares() throws {
    let temporary = try TemporaryFolder()
    let folder = try pictureFolder(temporary, "a", ["x": Array(0..<20), "y": Array(20..<60)])
    let data = try load(folder)
    // About a fifth and two in twenty-five of each class: see RankedDrawTests.
    #expect((3...5).contains(data.test.labels.count { $0 == 0 }) && (10...14).contains(data.test.count))
    #expect((3...7).contains(data.validation.count) && data.files.count == 60)
    #expect(data.files.filter { $0.part == .test }.map(\.label) == data.test.labels.map { Int($0) })
    let all = [data.train, data.validation, data.test].flatMap(\.indices)
    #expect(all.count == 60 && Set(all).count == 60)
    // With val but no test, a fifth of the training images is the test.
    let other = try pictureFolder(temporary, "b", ["train/x": Array(0..<5), "train/y": Array(5..<10), "val/x": [1]])
    let parts = try load(other)
    #expect(parts.train.count == 8 && parts.test.count == 2 && parts.validation.count == 1)
  }

  @Test func changesItsFingerprintWithAPixelOrAName() throws {
    let temporary = try TemporaryFolder()
    let prints = try [[1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 4]].enumerated().map { index, values in
      let folder = try pictureFolder(temporary, "\(index)", ["x": values, "y": [9, 9, 9, 9]])
      if index == 2 { try FileManager.default.moveItem(atPath: folder + "/x/0.png", toPath: folder + "/x/00.png") }
      return try load(folder).fingerprint
    }
    #expect(Set(prints).count == 3 && prints[0] != nil)
    try FileManager.default.copyItem(atPath: temporary.path + "/0", toPath: temporary.path + "/copy")
    #expect(try load(temporary.path + "/copy").fingerprint == prints[0])
  }

  @Test func refusesWhatIsNoFolderOfImages() throws {
    let temporary = try TemporaryFolder()
    func path(_ name: String) -> String { temporary.path + "/" + name }
    expectError(path("none"), "nothing there") { _ = try load(path("none")) }
    expectError(path("file"), "a file") { _ = try load(temporary.file("file", [1])) }
    try FileManager.default.createDirectory(atPath: path("empty"), withIntermediateDirectories: true)
    expectError(path("empty"), "no subfolders") { _ = try load(path("empty")) }
    expectError("only one class, \"x\"", "at least two") {
      _ = try load(pictureFolder(temporary, "one", ["x": [1, 2]]))
    }
    expectError("no images of the class y") { _ = try load(pictureFolder(temporary, "lack", ["x": [1, 2], "y": []])) }
    expectError("class \"z\"", "x, y") {
      _ = try load(pictureFolder(temporary, "more", ["train/x": [1], "train/y": [2], "test/z": [3]]))
    }
    expectError("too few images of each class") { _ = try load(pictureFolder(temporary, "few", ["x": [1], "y": [2]])) }
    let fine = try pictureFolder(temporary, "fine", ["x": Array(0..<20), "y": Array(0..<20)])
    expectError("40 images", "4×4×3") { _ = try load(fine, limit: 1919) }
    #expect(try load(fine, limit: 1920).files.count == 40)
    expectError("`crop`") {
      _ = try ImageFolder.load(folder: fine, options: .init(input: [4, 4, 3], crop: 0), reader: Image.reader)
    }
    expectError("`input`", "4x4x2") {
      _ = try ImageFolder.load(folder: fine, options: .init(input: [4, 4, 2]), reader: Image.reader)
    }
    expectError("no reader") { _ = try DataSource("folder:" + fine).load(folder: .init(input: [4, 4, 3])) }
  }

  @Test func namesTheFirstDamagedFile() throws {
    let temporary = try TemporaryFolder()
    let folder = try pictureFolder(temporary, "a", ["x": Array(0..<9), "y": Array(0..<9)])
    for name in ["/x/4.png", "/x/7.png", "/y/2.png"] {
      let bytes = try File.contents(of: folder + name)
      try Data(bytes.prefix(bytes.count / 2)).write(to: URL(fileURLWithPath: folder + name))
    }
    expectError("/x/4.png", "damaged or truncated PNG") { _ = try load(folder) }
  }

  @Test func takesTheCenterAsTorchvisionDoes() throws {
    let pixels = (0..<4 * 7).map { UInt8($0) }
    let wide = Image(height: 4, width: 7, channels: 1, pixels: pixels)
    // Of 3 columns too many, round(1.5) = 2 are cut on the left.
    let cut = wide.center(for: .init(input: [4, 4, 1], crop: 1))
    #expect(cut.pixels == (0..<4).flatMap { y in (2..<6).map { UInt8(7 * y + $0) } })
    #expect(wide.center(for: .init(input: [4, 7, 1], crop: 1)) == wide)
    #expect(
      ImageFolder.Options(input: [224, 224, 3]).crop == 0.875 && ImageFolder.Options(input: [32, 32, 3]).crop == 1)
    // 224 of 256 pixels of a picture of 256×256: its middle, without scaling.
    let large = Image(height: 256, width: 256, channels: 1, pixels: (0..<65536).map { UInt8($0 % 251) })
    let middle = large.center(for: .init(input: [224, 224, 1]))
    #expect(middle.pixels[0] == large.pixels[16 * 256 + 16] && middle.pixels.last == large.pixels[239 * 256 + 239])
    let tall = Image(height: 90, width: 30, channels: 3, pixels: [UInt8](repeating: 7, count: 8100))
    let small = tall.center(for: .init(input: [8, 16, 3], crop: 0.5))
    #expect(small.height == 8 && small.width == 16 && small.pixels.allSatisfy { $0 == 7 })
  }
}
