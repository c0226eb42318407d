import Apus
import ApusVision
import Foundation
import Testing

/// Tasks with scenes on the command line.
extension CommandTests {
  @Test func boxesAreTrainedMeasuredAndPredicted() throws {
    let folder = try TemporaryFolder()
    let run = folder.path + "/boxes"
    let trained = try apus(
      "train", "lenet5", "--task", "localize", "--data", "scenes", "--epochs", "1", "--scenes", "512", "--out", run)
    #expect(
      trained.status == 0 && trained.output.contains("512 training, 128 validation, 256 test scenes"),
      "\(trained.errors)")
    let last = try #require(trained.output.split(separator: "\n").last)
    #expect(last.contains("test mean IoU ") && last.contains("boxes found ") && last.contains("accuracy "))
    let measured = try apus("evaluate", run)
    let union = try #require(last.firstMatch(of: /mean IoU ([0-9.]+ %)/)).output.1
    #expect(measured.output.contains("256 test scenes") && measured.output.contains("test mean IoU \(union)"))

    let scene = try ComposedScenes(digits.test, height: 32, width: 32, seed: 1, series: 2, isOfOne: true).locatedScene(
      0)
    let picture = try folder.file("scene.png", Image(scene.image).resized(height: 64, width: 64).pngData())
    let predicted = try apus("predict", run, picture, "--top", "1")
    #expect(predicted.output.contains(/scene\.png: \d [0-9.]+ %; box -?[0-9.]+…[0-9.]+ × -?[0-9.]+…[0-9.]+\n/))
    let json = try apus("predict", run, picture, "--json").output
    let results = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
    let box = try #require(results.first?["box"] as? [String: Double])
    // In pixels of the picture, which is twice as large as the scene.
    let model = try #require(try LocalizationModel.readIfLocalization(run + "/model.safetensors"))
    let input = try Image(contentsOf: picture).prepared(for: model.input, file: picture)
    let found = try model.predict(input, from: picture).box.sides
    let (left, bottom) = (try #require(box["left"]), try #require(box["bottom"]))
    #expect(abs(left - 64 * found.left) < 1e-3 && abs(bottom - 64 * found.bottom) < 1e-3)
    let resumed = try apus("train", "--resume", run)
    #expect(resumed.status == 0 && resumed.output.contains("the run is complete"))
    expectRefused("a run of scenes", try apus("evaluate", run, run))
  }

  /// `apus segment` is the short form: the same bytes.
  @Test func segmentIsTheShortFormOfATask() throws {
    let folder = try TemporaryFolder()
    let (short, long) = (folder.path + "/short", folder.path + "/long")
    let options = ["--data", "digits", "--epochs", "1", "--scenes", "20", "--size", "24", "--out"]
    let segmented = try apus(words: ["segment"] + options + [short])
    let trained = try apus(words: ["train", "fcn.small", "--task", "segment"] + options + [long])
    #expect(segmented.status == 0 && trained.status == 0, "\(segmented.errors) \(trained.errors)")
    #expect(try bytes(of: short + "/model.safetensors") == bytes(of: long + "/model.safetensors"))
    #expect(try bytes(of: short + "/scenes.png") == bytes(of: long + "/scenes.png"))
  }

  @Test func tasksRefuseWhatDoesNotFit() throws {
    let folder = try TemporaryFolder()
    func train(_ words: String...) throws -> Finished {
      try apus(words: ["train"] + words + ["--out", folder.path + "/no"])
    }
    expectRefused(
      "--scenes requires --task segment or --task localize", status: 64,
      try train("lenet5", "--data", "digits", "--scenes", "5"))
    expectRefused(
      "--data scenes requires --task segment or --task localize", status: 64, try train("lenet5", "--data", "scenes"))
    expectRefused(
      "fcn.small gives scores for every pixel: a box is found by networks that end in one linear layer",
      try train("fcn.small", "--task", "localize", "--data", "scenes"))
    expectRefused(
      "scenes are new in every epoch", try train("lenet5", "--task", "localize", "--data", "scenes", "--shift", "2"))
    expectRefused(
      "scenes are new in every epoch",
      try train("lenet5", "--task", "localize", "--data", "scenes", "--bagging", "2"))
    expectRefused(
      "expected one of classify (default), segment, localize", status: 64,
      try train("lenet5", "--data", "digits", "--task", "detect"))
    let resumed = try apus("train", "--resume", folder.path, "--task", "segment")
    expectRefused("--task cannot be given with --resume", status: 64, resumed)
  }
}
