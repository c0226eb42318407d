import Apus
import Foundation
import Testing

@Suite struct SemeionTests {
  /// `count` images, each with one white pixel, of the digits in turn.
  private func lines(_ count: Int) -> [String] {
    (0..<count).map { image in
      let pixels = (0..<256).map { $0 == image % 256 ? "1.0000" : "0.0000" }
      return (pixels + (0..<10).map { $0 == image % 10 ? "1" : "0" }).joined(separator: " ")
    }
  }

  private func written(_ lines: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try (lines.joined(separator: " \n") + " \n").write(
      toFile: folder.path + "/semeion.data", atomically: true, encoding: .utf8)
    return folder
  }

  @Test func linesAreImages() throws {
    let folder = try written(lines(100))
    let splits = try DataSource("semeion:" + folder.path).load()
    #expect(splits.test.count == 20 && splits.validation.count == 8 && splits.train.count == 72)
    let batch = splits.test.batches(of: 20)[0]
    #expect(batch.images.shape == [20, 16, 16, 1])
    let images = batch.images.array(of: Float.self)
    for (index, label) in batch.labels.array(of: Int32.self).enumerated() {
      let image = images[(256 * index)..<(256 * (index + 1))]
      let white = try #require(image.indices.max { images[$0] < images[$1] }) - image.startIndex
      #expect(white % 10 == Int(label))
    }
  }

  @Test func damageHasItsPlace() throws {
    var short = lines(20)
    short[2] = "0 1"
    let first = try written(short)
    expectError("semeion.data", "2 words in image 3") { _ = try Semeion.load(folder: first.path) }
    var none = lines(20)
    none[4] = [String](repeating: "0", count: 266).joined(separator: " ")
    let second = try written(none)
    expectError("semeion.data", "not one class for image 5") { _ = try Semeion.load(folder: second.path) }
    expectError("/none", "semeion.data") { _ = try DataSource("semeion:/none").load() }
  }
}
