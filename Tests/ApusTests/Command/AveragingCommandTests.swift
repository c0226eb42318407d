import Apus
import Foundation
import Testing

/// Several runs, and several views of an image, on the command line.
extension CommandTests {
  @Test func aBagIsTrainedResumedAndMeasuredAsOne() throws {
    let folder = try TemporaryFolder()
    let bag = folder.path + "/bag"
    let trained = try apus(
      "train", "lenet5", "--data", "digits", "--epochs", "1", "--bagging", "2", "--mean-image", "--out", bag)
    #expect(trained.status == 0 && trained.output.contains("run 2 of 2: \(bag)/2"), "\(trained.errors)")
    #expect(trained.output.hasSuffix("the mean of all: apus evaluate \(bag)\n"))
    #expect(trained.output.contains("images normalized by the training images' mean image"))
    let resumed = try apus("train", "--resume", bag)
    #expect(resumed.status == 0 && resumed.output.contains("\(bag)/2: the run is complete"))
    let measured = try apus("evaluate", bag)
    #expect(measured.output.hasPrefix("ensemble of 2 runs, lenet5 on UCI handwritten digits: 360 test images, "))
    #expect(try apus("evaluate", bag + "/1", bag + "/2").output == measured.output)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(try apus("evaluate", bag, "--json").output.utf8)) as? [String: Any])
    let ensemble = Ensemble(try ["1", "2"].map { try TrainedModel.read("\(bag)/\($0)/model.safetensors").model })
    let split = DataSplit(
      digits.test.dataset, indices: digits.test.indices, normalization: Normalization(mean: [0], deviation: [1]))
    let accuracy = ensemble.accuracy(on: split.batches(of: 100)).ensemble
    let printed = try #require(json["accuracy"] as? Double)
    #expect(abs(printed - accuracy) < 1e-12)
    let members = try #require(json["members"] as? [[String: Any]])
    #expect(members.compactMap { $0["run"] as? String } == [bag + "/1", bag + "/2"])
    let losses = members.compactMap { $0["loss"] as? Double }
    #expect(try #require(json["loss"] as? Double) <= losses.reduce(0, +) / 2)
  }

  @Test func viewsAreAveragedOrRefused() throws {
    let folder = try TemporaryFolder()
    let run = folder.path + "/run"
    _ = try apus("train", "lenet5", "--data", "digits", "--epochs", "1", "--shift", "2", "--out", run)
    let crops = try apus("evaluate", run, "--ten-crop")
    #expect(crops.status == 0 && crops.output.contains("averaged: ten crops of each image"), "\(crops.errors)")
    expectRefused("expected a network with dropout", try apus("evaluate", run, "--monte-carlo", "3"))
    expectRefused("not both", status: 64, try apus("evaluate", run, "--monte-carlo", "3", "--ten-crop"))
    expectRefused("Missing expected argument '<run> ...'", status: 64, try apus("evaluate"))
    expectRefused(
      "give one of them", status: 64,
      try apus(
        "train", "lenet5", "--data", "digits", "--out", run + "2", "--mean-image", "--normalize", "imagenet"))
  }
}
