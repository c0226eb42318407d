import Apus
import ApusVision
import Foundation
import Testing

/// `apus look`: the pictures that it writes, and what it refuses.
extension CommandTests {
  private struct Picture: Decodable {
    var what, file, caption: String
  }

  /// A run of LeNet-5 on the digits.
  private func digitsRun(_ folder: TemporaryFolder) throws -> String {
    let run = folder.path + "/run"
    let trained = try apus("train", "lenet5", "--data", "digits", "--epochs", "1", "--out", run)
    try #require(trained.status == 0, "\(trained.errors)")
    return run
  }

  @Test func everyMethodOfTheListMakesPictures() throws {
    let folder = try TemporaryFolder()
    let (run, out) = (try digitsRun(folder), folder.path + "/look")
    let help = try apus("help", "look").output
    let listed = every(help.matches(of: /\n {2}([a-z][a-z-]*) {2,}\S/).map { String($0.output.1) })
    // One linear layer and class activation maps need networks of their own.
    let methods = listed.filter { !["templates", "cam"].contains($0) }
    #expect(methods.count == listed.count - 2 && methods.contains("grad-cam"))
    let look = try apus("look", run, "--what", methods.joined(separator: ","), "--out", out, "--json")
    #expect(look.status == 0 && look.errors.isEmpty, "\(look.errors)")
    let pictures = try JSONDecoder().decode([Picture].self, from: Data(look.output.utf8))
    #expect(Set(pictures.map(\.what)) == Set(methods))
    for picture in every(pictures) {
      #expect(picture.file.hasPrefix("\(out)/\(picture.what)-"))
      if picture.file.hasSuffix(".svg") { continue }
      #expect(picture.file.hasSuffix(".png"))
      let image = try Image(contentsOf: picture.file)
      #expect(image.channels == 3 && Set(image.pixels).count > 1, "\(picture.file)")
    }
    #expect(pictures.filter { $0.what == "saliency" }.count == 4)
    // The page has all of them, and is complete by itself.
    let page = String(decoding: try File.contents(of: out + "/index.html"), as: UTF8.self)
    let inside = page.components(separatedBy: "data:image/png;base64,").count - 1
    #expect(inside == pictures.filter { $0.file.hasSuffix(".png") }.count)
    for method in methods { #expect(page.contains("<h2>\(method)</h2>"), "\(method)") }
    #expect(!page.contains("http:") && !page.contains("https:") && !page.contains("<script"))
    #expect(pictures.filter { $0.what == "filters" }.map(\.caption).first == "features.0: 6 filters, 5×5 of 1 channels")
    // The same pictures in another call; of another class others.
    let again = try apus(
      "look", run, "--what", "smoothgrad,occlusion", "--out", out + "2", "--class", "7", "--at", "features.0")
    #expect(again.status == 0 && again.output.contains("test-0: class 7 (7), score"), "\(again.errors)")
    let own = try apus("look", run, "--what", "smoothgrad", "--out", out + "3")
    #expect(own.status == 0)
    let noise = try ["", "2", "3"].map { try File.contents(of: out + $0 + "/smoothgrad-test-0.png") }
    #expect(noise[0] == noise[2] && noise[0] != noise[1])
  }

  @Test func looksAtImageFilesAndSaysHowTheyWereScaled() throws {
    let folder = try TemporaryFolder()
    let (run, out) = (try digitsRun(folder), folder.path + "/look")
    let pixels = (0..<64 * 64).map { UInt8($0 % 64 * 4) }
    let picture = try folder.file("a.png", Image(height: 64, width: 64, channels: 1, pixels: pixels).pngData())
    let look = try apus("look", run, picture, picture, "--what", "saliency", "--class", "3", "--out", out)
    #expect(look.status == 0, "\(look.errors)")
    #expect(look.errors.contains("a.png: 64×64, scaled to 32×32 as the network's images were"))
    let written = try FileManager.default.contentsOfDirectory(atPath: out).sorted()
    #expect(written == ["index.html", "saliency-a-2.png", "saliency-a.png"])
    // As a network of the catalogue with the run's weights; without a name the class is a number.
    let weights = run + "/model.safetensors"
    expectRefused(
      "a run of apus train, whose model says it",
      try apus("look", "lenet5", "--weights", weights, "--what", "saliency", picture))
    expectRefused("no image given", status: 64, try apus("look", "lenet5", "--weights", weights, "--what", "saliency"))
  }

  @Test func lookRefusesWhatIsNotThereWithWhatIs() throws {
    let folder = try TemporaryFolder()
    let run = try digitsRun(folder)
    func look(_ words: String...) throws -> Finished {
      try apus(words: ["look", run, "--out", folder.path + "/look"] + words)
    }
    expectRefused("did you mean saliency?", status: 64, try look("--what", "salency"))
    expectRefused("the nearest are features", try look("--what", "grad-cam", "--at", "feature"))
    expectRefused("is not one of the model's 2 convolutions", try look("--what", "filters", "--at", "features.1"))
    expectRefused("Grad-CAM takes any network", try look("--what", "cam"))
    expectRefused("saliency shows a class's gradient", try look("--what", "templates"))
    expectRefused("expected 0 to 9", status: 64, try look("--what", "saliency", "--class", "10"))
    expectRefused("the network's classes are 0, 1", status: 64, try look("--what", "saliency", "--class", "ten"))
    expectRefused("No such file", try look("--what", "saliency", folder.path + "/none.png"))
    let text = try folder.file("text.png", Array("no picture".utf8))
    expectRefused("text.png", try look("--what", "saliency", text))
    expectRefused("has no weights of its own", status: 64, try apus("look", "resnet18", "--what", "saliency"))
    // Nothing was written.
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/look"))
  }

  @Test func mapsHaveAPointForEachTestImageAndTheirNumbersBesideThem() throws {
    let folder = try TemporaryFolder()
    let (run, out) = (try digitsRun(folder), folder.path + "/look")
    let look = try apus("look", run, "--what", "pca,tsne", "--out", out, "--perplexity", "20")
    #expect(look.status == 0 && look.errors.isEmpty, "\(look.errors)")
    #expect(
      look.output.contains("classifier.4: 360 test images, colored by their class; perplexity 20.0, divergence 0."))
    for name in ["pca", "tsne"] {
      let svg = String(decoding: try File.contents(of: "\(out)/\(name)-classifier.4.svg"), as: UTF8.self)
      #expect(svg.contains("360 points of 10 classes"))
      let csv = String(decoding: try File.contents(of: "\(out)/\(name)-classifier.4.csv"), as: UTF8.self)
      #expect(csv.split(whereSeparator: \.isNewline).count == 361)
    }
    let page = String(decoding: try File.contents(of: out + "/index.html"), as: UTF8.self)
    #expect(page.contains("t-SNE of classifier.4") && page.contains("first component ("))
    // Of what another layer gives, other maps; too few points are none.
    let other = try apus("look", run, "--what", "pca", "--at", "features.2", "--out", out)
    #expect(other.status == 0 && other.output.contains("pca-features.2.svg"), "\(other.errors)")
    expectRefused(
      "360 rows, expected at least 601 for perplexity 200",
      try apus("look", run, "--what", "tsne", "--perplexity", "200"))
    expectRefused("expected a number above 1", status: 64, try apus("look", run, "--what", "tsne", "--perplexity", "1"))
    expectRefused(
      "the nearest are classifier, classifier.4", try apus("look", run, "--what", "tsne", "--at", "classifier4"))
  }

  @Test func dreamsRaiseTheScoreThatTheirCaptionTells() throws {
    let folder = try TemporaryFolder()
    let (run, out) = (try digitsRun(folder), folder.path + "/look")
    let look = try apus("look", run, "--what", "dream", "--class", "3", "--out", out)
    #expect(look.status == 0, "\(look.errors)")
    let captions = every(look.output.matches(of: /class 3 \(3\), score (-?[0-9.]+), raised to ([0-9.]+)/))
    for caption in captions {
      let (before, after) = (Double(caption.1), Double(caption.2))
      #expect(try #require(after) > (try #require(before)) + 5)
    }
    let deep = try apus("look", run, "--what", "dream", "--at", "features.3", "--out", out)
    #expect(deep.status == 0 && deep.output.contains("at the one size that the network takes"), "\(deep.errors)")
    #expect(FileManager.default.fileExists(atPath: out + "/dream-features.3.png"))
  }
}
