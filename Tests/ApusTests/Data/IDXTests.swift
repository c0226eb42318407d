import Apus
import Foundation
import Testing

/// An IDX file of uint8 elements.
private func idx(_ sizes: [UInt32], _ elements: [UInt8], type: UInt8 = 8) -> [UInt8] {
  let words = sizes.flatMap { size in withUnsafeBytes(of: size.bigEndian) { Array($0) } }
  return [0, 0, type, UInt8(sizes.count)] + words + elements
}

/// `bytes` as gzip data without compression: one stored block of at most 65,535 bytes.
private func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var crc = UInt32.max
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }
  func little(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
  let length = UInt16(bytes.count)
  return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + Array(little(UInt32(length) | UInt32(~length) << 16)) + bytes
    + little(~crc) + little(UInt32(bytes.count))
}

/// A small data set in MNIST's four files: 40 training and 20 test images of 3×2 pixels, four and two of each digit.
private struct Files {
  var trainImages = idx([40, 3, 2], (0..<240).map { UInt8($0) })
  var trainLabels = idx([40], (0..<40).map { UInt8($0 % 10) })
  var testImages = idx([20, 3, 2], (0..<120).map { UInt8($0) })
  var testLabels = idx([20], (0..<20).map { UInt8($0 % 10) })

  func write(to folder: TemporaryFolder) throws {
    try folder.file("train-images-idx3-ubyte", trainImages)
    try folder.file("train-labels-idx1-ubyte.gz", gzip(trainLabels))
    try folder.file("t10k-images-idx3-ubyte.gz", gzip(testImages))
    try folder.file("t10k-labels-idx1-ubyte", testLabels)
  }

  /// What loading these files says.
  func expectRefusal(_ words: [String], sourceLocation: SourceLocation = #_sourceLocation) throws {
    let folder = try TemporaryFolder()
    try write(to: folder)
    do {
      _ = try MNIST.load(folder: folder.path)
      Issue.record("accepted", sourceLocation: sourceLocation)
    } catch {
      for word in words {
        #expect("\(error)".contains(word), "\(word) is missing in: \(error)", sourceLocation: sourceLocation)
      }
      #expect(!"\(error)".contains("\n"), sourceLocation: sourceLocation)
    }
  }
}

@Suite struct IDXTests {
  @Test func readsPlainAndGzip() throws {
    let bytes = idx([2, 3], [1, 2, 3, 4, 5, 6])
    for content in [bytes, gzip(bytes)] {
      let tensor = try IDX.decode(content, axes: 2, file: "x")
      #expect(tensor.shape == [2, 3])
      #expect(tensor.array(of: UInt8.self) == [1, 2, 3, 4, 5, 6])
    }
  }

  @Test func refusesAWrongMagicNumber() {
    expectError("x", "magic number 0x68656c6c", "0x00000801") {
      _ = try IDX.decode(Array("hello, world".utf8), axes: 1, file: "x")
    }
    expectError("x", "0x00000d01", "uint8") { _ = try IDX.decode(idx([1], [0], type: 13), axes: 1, file: "x") }
    expectError("x", "0x00000801", "3 axes") { _ = try IDX.decode(idx([1], [0]), axes: 3, file: "x") }
    expectError("x", "0 bytes", "an IDX file") { _ = try IDX.decode([], axes: 1, file: "x") }
  }

  @Test func refusesLengthsThatDoNotMatchTheHeader() {
    let bytes = idx([2, 3], [1, 2, 3, 4, 5, 6])
    for count in 0..<bytes.count {
      expectError("x", "\(count) bytes") { _ = try IDX.decode(Array(bytes.prefix(count)), axes: 2, file: "x") }
      expectError("x", "bytes") { _ = try IDX.decode(gzip(Array(bytes.prefix(count))), axes: 2, file: "x") }
      expectError("x", "truncated gzip") {
        _ = try IDX.decode(Array(gzip(bytes).prefix(11 + count)), axes: 2, file: "x")
      }
    }
    expectError("x", "19 bytes", "18 for the shape [2, 3]") { _ = try IDX.decode(bytes + [0], axes: 2, file: "x") }
    expectError("x", "more than 18 bytes") { _ = try IDX.decode(gzip(bytes + [0]), axes: 2, file: "x") }
  }

  @Test func refusesHeadersThatClaimTooMuch() {
    for sizes: [UInt32] in [[.max, .max, .max], [1 << 31 - 1, 65535, 65535], [0, .max, .max], [1 << 30, 2, 1]] {
      expectError("x", "a header that claims the shape") { _ = try IDX.decode(idx(sizes, []), axes: 3, file: "x") }
      expectError("x", "a header that claims the shape") {
        _ = try IDX.decode(gzip(idx(sizes, [])), axes: 3, file: "x")
      }
    }
  }

  @Test func loadsAFolder() throws {
    let folder = try TemporaryFolder()
    try Files().write(to: folder)
    let splits = try MNIST.load(folder: folder.path)
    #expect(splits.train.count == 36 && splits.validation.count == 4 && splits.test.count == 20)
    #expect(splits.imageShape == [3, 2, 1])
    #expect(splits.test.labels == (0..<20).map { Int32($0 % 10) })
    #expect(splits.test.image(at: 1).array(of: UInt8.self) == [6, 7, 8, 9, 10, 11])
  }

  @Test func namesTheMissingFile() throws {
    let folder = try TemporaryFolder()
    expectError(folder.path, "train-images-idx3-ubyte") { _ = try MNIST.load(folder: folder.path) }
    try Files().write(to: folder)
    try FileManager.default.removeItem(atPath: folder.path + "/t10k-labels-idx1-ubyte")
    expectError(folder.path, "t10k-labels-idx1-ubyte.gz") { _ = try MNIST.load(folder: folder.path) }
    expectError("/none", "train-images-idx3-ubyte") { _ = try MNIST.load(folder: folder.path + "/none") }
  }

  @Test func refusesFilesThatDisagree() throws {
    var files = Files()
    files.trainLabels = files.testLabels
    try files.expectRefusal(["train-labels-idx1-ubyte.gz", "20 labels", "40", "train-images-idx3-ubyte"])
    files = Files()
    files.trainLabels = idx([40], (0..<40).map { $0 == 37 ? 11 : UInt8($0 % 10) })
    try files.expectRefusal(["train-labels-idx1-ubyte.gz", "label 11 at index 37", "0...9"])
    files = Files()
    files.testImages = idx([20, 2, 3], (0..<120).map { UInt8($0) })
    try files.expectRefusal(["t10k-images-idx3-ubyte.gz", "2×3", "3×2"])
    files = Files()
    files.testImages = idx([0, 3, 2], [])
    files.testLabels = idx([0], [])
    try files.expectRefusal(["t10k-images-idx3-ubyte.gz", "[0, 3, 2, 1]", "at least one image"])
  }

  @Test(.enabled(if: testDataFolder != nil, "APUS_TEST_DATA names no folder with mnist/"))
  func readsRealMNIST() throws {
    let splits = try MNIST.load(folder: #require(testDataFolder) + "/mnist")
    #expect(splits.train.count == 55_000 && splits.validation.count == 5_000 && splits.test.count == 10_000)
    #expect(splits.imageShape == [28, 28, 1])
    #expect(splits.test.labels.prefix(5) == [7, 2, 1, 0, 4])
    // The 60,000 training images have mean 0.1307 and deviation 0.3081.
    #expect(abs(splits.normalization.mean[0] - 0.1307) < 2e-3 && abs(splits.normalization.deviation[0] - 0.3081) < 2e-3)
  }
}
