import Apus
import Foundation
import Testing

/// `apus import` and what the other commands make of its folder, and `apus forward` of a file.
extension CommandTests {
  /// The repository's bit.png is of one channel and read as three.
  private static let photo = repositoryFile("Tests/Fixtures/image-forms/bit.png")

  /// A folder with resnet.onnx of three classes, and the imported folder "model".
  private func imported() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let path = folder.path + "/resnet.onnx"
    #expect(try apus("export", "resnet20", "--input", "8x8x3", "--classes", "3", "--output", path).status == 0)
    try folder.file("names.txt", Array("cat\ndog\nowl\n".utf8))
    let run = try apus("import", path, "--out", folder.path + "/model", "--classes", folder.path + "/names.txt")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    #expect(run.output.contains("input input: [N, 8, 8, 3], in the file [N, C, H, W]\noutput output: [N, 3]\n"))
    #expect(run.output.contains("operators: BatchNormalization 21, Conv 21"))
    return folder
  }

  @Test func anImportedFolderIsPredictedWithExportedAndLookedInto() throws {
    let folder = try imported()
    let model = folder.path + "/model"
    #expect(try FileManager.default.contentsOfDirectory(atPath: model).sorted() == ["model.onnx", "run.json"])
    let predicted = try apus("predict", model, Self.photo)
    #expect(predicted.status == 0 && predicted.output.contains("cat ") && predicted.output.contains("owl "))

    let features = folder.path + "/features.npy"
    let images = folder.path + "/x.npy"
    try Npy.write(Tensor.normal([2, 8, 8, 3], seed: 1), to: images)
    let taken = try apus("features", model, "--at", "stage3.2.conv2", "--input", images, "--output", features)
    #expect(taken.status == 0, "\(taken.errors)")
    #expect(try Npy.read(features).shape[0] == 2)

    let again = folder.path + "/again.onnx"
    #expect(try apus("export", model, "--output", again).status == 0)
    #expect(try apus("summary", model).output.contains("stage1.0.conv1"))

    // The file, the folder and what was exported of it give the same numbers.
    var outputs: [Tensor] = []
    for source in [folder.path + "/resnet.onnx", model, again] {
      let path = folder.path + "/y\(outputs.count).npy"
      let run = try apus("forward", source, "--input", images, "--output", path)
      #expect(run.status == 0 && !run.output.contains("not compiled"), "\(run.errors)")
      outputs.append(try Npy.read(path))
    }
    for y in outputs.dropFirst() {
      #expect((y - outputs[0]).abs().max().item() <= 1e-5 * outputs[0].abs().max().item())
    }
  }

  @Test func whatDoesNotFitAnImportedFolderIsRefused() throws {
    let folder = try imported()
    let model = folder.path + "/model"
    let file = folder.path + "/resnet.onnx"
    for command in [["train", "--resume", model], ["evaluate", model]] {
      expectRefused("holds an inference graph", status: 64, try apus(words: command))
    }
    for command in [["predict", file, Self.photo], ["summary", file], ["export", file, "--output", model + ".onnx"]] {
      expectRefused("apus import \(file) --out", status: 64, try apus(words: command))
    }
    expectRefused("expected a name that is free", try apus("import", file, "--out", model))
    let names = folder.path + "/names.txt"
    expectRefused("expected an ONNX model", try apus("import", names))
    expectRefused("--classes requires --out", status: 64, try apus("import", file, "--classes", names))
    try folder.file("two.txt", Array("cat\ndog\n".utf8))
    expectRefused(
      "two.txt: 2 names of classes, expected 3, as there are scores",
      try apus("import", file, "--out", folder.path + "/other", "--classes", folder.path + "/two.txt"))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/other"))
    let bytes = try File.contents(of: file)
    try folder.file("short.onnx", Array(bytes[..<(bytes.count / 2)]))
    expectRefused("short.onnx: byte", try apus("import", folder.path + "/short.onnx"))
    try folder.file("model/run.json", Array("{\"network\": \"onnx\"}".utf8))
    expectRefused("model/run.json: no record of an import", try apus("summary", model))
  }

  @Test func forwardSaysWhatIsNotCompiled() throws {
    let values = try Safetensors.read(repositoryFile("Tests/Fixtures/onnx-import.safetensors")).tensors
    let folder = try TemporaryFolder()
    let (x, y) = (folder.path + "/x.npy", folder.path + "/y.npy")
    try Npy.write(try #require(values["whole/x1"]), to: x)
    let file = repositoryFile("Tests/Fixtures/onnx-import/whole.onnx")
    let run = try apus("forward", file, "--input", x, "--output", y)
    #expect(run.output.contains("\nran operator by operator, not compiled: ") && run.output.contains("Cast"))
    #expect(try Npy.read(y).array(of: Float.self) == (try #require(values["whole/y1"])).array(of: Float.self))
    #expect(try apus("forward", file, "--input", x, "--output", y, "--json").output.contains("\"not_compiled\""))
  }

  @Test func forwardTakesAFileForEachInput() throws {
    let folder = try TemporaryFolder()
    let pair = repositoryFile("Tests/Fixtures/onnx-import/pair.onnx")
    let (x, vector, y) = (folder.path + "/x.npy", folder.path + "/v.npy", folder.path + "/y.npy")
    try Npy.write(Tensor.normal([2, 4, 5, 3], seed: 1), to: x)
    try Npy.write(Tensor.normal([2, 5], seed: 2), to: vector)
    let run = try apus("forward", pair, "--input", x, "--input", vector, "--output", y)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try Npy.read(folder.path + "/y.out0.npy").shape == [2, 1, 1, 4])
    #expect(try Npy.read(folder.path + "/y.out1.npy").shape == [2, 80])
    expectRefused(
      "--input is given 1 times, and \(pair) has 2: input [N, H, W, 3], vector [N, 5]", status: 64,
      try apus("forward", pair, "--input", x, "--output", y))
    #expect(try apus("import", pair).output.contains("input vector: [N, 5]\n"))
    expectRefused(
      "expected one of images", try apus("import", pair, "--out", folder.path + "/pair"))
    expectRefused(
      "--input is given 2 times, and lenet5 takes one", status: 64,
      try apus("forward", "lenet5", "--weights", x, "--input", x, "--input", x, "--output", y))
  }
}
