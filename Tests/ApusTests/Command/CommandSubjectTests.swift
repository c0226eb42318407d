import Apus
import Foundation
import Testing

/// What commands take as their subject: runs, models' files, folders of images; and what they print about it.
extension CommandTests {
  /// A run on pictures of two classes, in a folder of its own.
  private struct Subject {
    let folder: TemporaryFolder
    let pictures, run, model: String

    init(_ tests: CommandTests) throws {
      folder = try TemporaryFolder()
      pictures = try pictureFolder(folder, "pictures", ["dark": Array(0..<15), "light": Array(200..<215)], size: 8)
      run = folder.path + "/run"
      model = run + "/model.safetensors"
      let trained = try tests.apus(
        "train", "resnet20", "--data", "folder:" + pictures, "--input", "8", "--epochs", "1", "--batch-size", "8", "-o",
        run)
      try #require(trained.status == 0, "\(trained.errors)")
    }
  }

  private struct Prediction: Decodable {
    struct Class: Decodable {
      var name: String
      var probability: Double
    }
    var image: String
    var classes: [Class]
  }

  private struct Measurement: Decodable {
    var network, data, measured: String
    var images, wrong: Int
    var loss, accuracy: Double
    var notes: [String]
  }

  @Test func takesRunsModelFilesAndFoldersOfImages() throws {
    let subject = try Subject(self)
    let (folder, run, model) = (subject.folder, subject.run, subject.model)
    let copy = try folder.file("best.safetensors", try File.contents(of: model))
    let picture = subject.pictures + "/light/3.png"

    let line = try apus("predict", run, picture)
    for source in [run + "/", model, run + "/run.json", copy] {
      #expect(try apus("predict", source, picture).output == line.output, "\(source)")
    }
    // Every image of a folder and of the folders in it, in order; nothing else that lies there.
    try folder.file("pictures/notes.txt", [1])
    try folder.file("pictures/light/.hidden.png", [1])
    let all = try apus("predict", run, subject.pictures)
    #expect(all.status == 0, "\(all.errors)")
    let lines = all.output.split(separator: "\n")
    #expect(lines.count == 30 && lines.first?.hasPrefix(subject.pictures + "/dark/0.png: ") == true)
    #expect(lines.contains { $0 == line.output.dropLast() })
    try FileManager.default.createDirectory(atPath: folder.path + "/empty", withIntermediateDirectories: false)
    expectRefused("/empty: no images in it", try apus("predict", run, folder.path + "/empty"))

    let json = try apus("predict", copy, picture, "--json", "--top", "1")
    let predictions = try JSONDecoder().decode([Prediction].self, from: Data(json.output.utf8))
    #expect(predictions.count == 1 && predictions[0].image == picture && predictions[0].classes.count == 1)
    let best = predictions[0].classes[0]
    #expect(line.output.contains("\(best.name) \(best.probability.percent(decimals: 1))"))

    expectRefused("nothing there, expected the folder of a run", try apus("predict", folder.path + "/none", picture))
    expectRefused("no such file in the folder", try apus("predict", subject.pictures, picture))
    expectRefused(
      "resnet18 has no weights of its own: give --weights FILE, or a run", status: 64,
      try apus("features", "resnet18", "--at", "layer1", "--images", picture, "--output", folder.path + "/f.npy"))
    let features = folder.path + "/f.npy"
    let extracted = try apus("features", copy, "--at", "stage3", "--images", subject.pictures + "/dark", "-o", features)
    #expect(try extracted.status == 0 && Npy.read(features).shape == [15, 2, 2, 64], "\(extracted.errors)")
  }

  @Test func evaluatesRunsModelFilesAndFolders() throws {
    let subject = try Subject(self)
    let text = try apus("evaluate", subject.run)
    for source in [subject.model, subject.run + "/run.json"] {
      #expect(try apus("evaluate", source).output == text.output)
    }
    let json = try apus("evaluate", subject.run, "--json")
    let measured = try JSONDecoder().decode(Measurement.self, from: Data(json.output.utf8))
    #expect(
      measured.network == "resnet20" && text.output.contains("\(measured.images) test images, \(measured.wrong) wrong"))
    #expect(measured.accuracy == 1 - Double(measured.wrong) / Double(measured.images) && measured.notes.isEmpty)
    #expect(text.output.contains("test accuracy \(measured.accuracy.percent(decimals: 1))\n"))

    // A model that lies alone is measured on other data only.
    let copy = try subject.folder.file("best.safetensors", try File.contents(of: subject.model))
    expectRefused("a model without its run, expected the data to measure it on: --data", try apus("evaluate", copy))
    let other = try apus("evaluate", copy, subject.pictures)
    #expect(other.status == 0 && other.output.contains("30 test images"), "\(other.errors)")
    #expect(try apus("evaluate", copy, "--data", "folder:" + subject.pictures).output == other.output)
    expectRefused(
      "not both", status: 64, try apus("evaluate", copy, subject.pictures, "--data", "folder:" + subject.pictures))
  }

  @Test func summarizesAndExportsWhatARunTrained() throws {
    let subject = try Subject(self)
    let own = try apus("summary", subject.run, "--no-time")
    let same = try apus(
      "summary", "resnet20", "--input", "8x8x3", "--classes", "2", "--no-time")
    #expect(own.status == 0 && own.output == same.output, "\(own.errors)")
    #expect(try apus("summary", subject.model, "--no-time").output == own.output)
    let json = try apus("summary", subject.run, "--no-time", "--json")
    #expect(try json.output == apus("summary", subject.run, "--no-time", "--format", "json").output)
    let plan = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect(plan?["network"] as? String == "resnet20" && plan?["input"] as? [Int] == [1, 8, 8, 3])
    // A run without a model yet has its network in its record.
    try FileManager.default.removeItem(atPath: subject.model)
    #expect(try apus("summary", subject.run, "--no-time").output == own.output)
    expectRefused(
      "no model yet, expected a run with one finished epoch", try apus("predict", subject.run, subject.pictures))

    let zoo = try apus("zoo", "--json")
    let networks = try JSONSerialization.jsonObject(with: Data(zoo.output.utf8)) as? [[String: Any]]
    #expect(
      networks?.count == NetworkCatalogue.entries.count
        && networks?.contains { $0["name"] as? String == "vgg16" } == true)
  }

  /// A run is taken where its weights are wanted, by its folder.
  @Test func beginsWithTheModelOfARun() throws {
    let subject = try Subject(self)
    let next = try apus(
      "train", "resnet20", "--data", "folder:" + subject.pictures, "--input", "8", "--epochs", "1", "--batch-size", "8",
      "--init", subject.run, "-o", subject.folder.path + "/next")
    #expect(next.status == 0 && next.output.contains("tensors of model.safetensors"), "\(next.errors)")
  }
}
