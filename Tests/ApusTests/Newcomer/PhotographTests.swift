import Apus
import ApusVision
import Foundation
import Testing

/// A newcomer's third program: their own photographs, in one folder per class, from a telephone and the web. By the real command.
@Suite struct PhotographTests {
  private let temporary: TemporaryFolder
  private let command = CommandTests()
  private var photos: String { temporary.path + "/photos" }
  private var flat: String { temporary.path + "/flat" }
  private var run: String { temporary.path + "/run" }

  /// 3 classes of 20 photographs to train on, 5 to measure with, and the 75 together in a folder without parts. One color each, and a
  /// little of its own: a class is its color.
  init() throws {
    temporary = try TemporaryFolder()
    for (label, name) in ["cat", "frog", "ship"].enumerated() {
      for (part, count) in [("train", 20), ("test", 5)] {
        try FileManager.default.createDirectory(
          atPath: "\(photos)/\(part)/\(name)", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: "\(flat)/\(name)", withIntermediateDirectories: true)
        for index in 0..<count {
          let file = "\(part)-\(index).png"
          let png = try picture(of: label, index + (part == "train" ? 0 : 100))
          try Data(png).write(to: URL(fileURLWithPath: "\(photos)/\(part)/\(name)/\(file)"))
          // Not the very bytes: what a run was trained on is not measured.
          try Data(picture(of: label, index + 200)).write(to: URL(fileURLWithPath: "\(flat)/\(name)/\(file)"))
        }
      }
    }
    // As a telephone and the web have them: turned by EXIF, WebP, CMYK; and a file that is not a photograph.
    for (place, form) in [
      ("train/cat/turned.JPG", "exif6.jpg"), ("train/cat/web.webp", "lossy.webp"), ("train/ship/print.jpg", "cmyk.jpg"),
    ] {
      try FileManager.default.copyItem(
        atPath: repositoryFile("Tests/Fixtures/image-forms/\(form)"), toPath: "\(photos)/\(place)")
    }
    try Data("about this folder".utf8).write(to: URL(fileURLWithPath: photos + "/train/ship/notes.txt"))
  }

  /// 24×18 pixels, the class' channel bright.
  private func picture(of label: Int, _ index: Int) throws -> [UInt8] {
    let noise = Random.uniform(seed: UInt64(index), stream: UInt64(label), count: 24 * 18 * 3)
    let pixels = noise.enumerated().map { place, value in UInt8((place % 3 == label ? 190 : 40) + value * 50) }
    return try Image(height: 18, width: 24, channels: 3, pixels: pixels).pngData()
  }

  private func train(_ more: String...) throws -> CommandTests.Finished {
    try command.apus(
      words: [
        "train", "resnet20", "--data", "folder:" + photos, "--input", "16", "--epochs", "4", "--batch-size", "8",
        "--lr",
        "0.05", "--seed", "1", "--out", run,
      ] + more)
  }

  @Test func photographsAreTrainedOnPredictedAndMeasured() throws {
    let trained = try train()
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("not read: 1 .txt"), "\(trained.errors)")
    let record = try #require(try RunRecord.read(run + "/run.json").data)
    // Some of the photographs to train on are set aside for validation.
    #expect(record.trainingSamples + record.validationSamples == 63 && record.testSamples == 15)

    let predicted = try command.apus("predict", run, photos + "/test")
    #expect(predicted.status == 0, "\(predicted.errors)")
    let lines = predicted.output.split(separator: "\n")
    #expect(lines.count == 15)
    for line in every(Array(lines)) {
      let name = try #require(["cat", "frog", "ship"].first { line.contains("/test/\($0)/") })
      #expect(line.contains(".png: \(name) "), "\(line)")
    }

    let held = try command.apus("evaluate", run)
    #expect(held.status == 0 && held.output.contains("15 test images, 0 wrong"), "\(held.output)\(held.errors)")
    // A folder without parts is measured whole, and the command says so.
    let measured = try command.apus("evaluate", run, "--data", "folder:" + flat)
    #expect(
      measured.status == 0 && measured.output.contains("75 test images, 0 wrong"),
      "\(measured.output)\(measured.errors)")
    #expect(measured.output.contains("measured: all 75 of the folder, which has no parts"), "\(measured.output)")
  }

  @Test func aBrokenPhotographIsNamedAndMayBeLeftOut() throws {
    let path = photos + "/train/frog/train-3.png"
    try Data(try File.contents(of: path).prefix(60)).write(to: URL(fileURLWithPath: path))
    let refused = try train()
    command.expectRefused("train/frog/train-3.png", refused)
    #expect(refused.errors.contains("--damaged skip"), "\(refused.errors)")
    #expect(!FileManager.default.fileExists(atPath: run))
    let trained = try train("--damaged", "skip")
    #expect(trained.status == 0 && trained.errors.contains("left out 1 of 78 images"), "\(trained.errors)")
  }
}
