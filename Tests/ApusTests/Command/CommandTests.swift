import Apus
import ApusVision
import Foundation
import Testing

/// Runs the built command as users do.
@Suite struct CommandTests {
  struct Finished {
    var status: Int32
    var output: String
    var errors: String
  }

  /// The command lies beside the test bundle.
  static let path: String = {
    let bundle = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
    var folder = bundle.deletingLastPathComponent()
    while folder.path != "/" && !FileManager.default.isExecutableFile(atPath: folder.path + "/apus") {
      folder.deleteLastPathComponent()
    }
    return folder.path + "/apus"
  }()

  private func process(_ arguments: [String], shell: String? = nil) -> (Process, Pipe, Pipe) {
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: shell == nil ? Self.path : "/bin/sh")
    process.arguments = shell.map { ["-c", $0, "sh", Self.path] + arguments } ?? arguments
    process.standardOutput = output
    process.standardError = errors
    return (process, output, errors)
  }

  /// `shell`: a script that has the command and the arguments as `"$@"`.
  func apus(_ arguments: String..., shell: String? = nil) throws -> Finished {
    try apus(words: arguments, shell: shell)
  }

  func apus(words arguments: [String], shell: String? = nil) throws -> Finished {
    let (process, output, errors) = process(arguments, shell: shell)
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let problems = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    return Finished(
      status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
      errors: String(decoding: problems, as: UTF8.self))
  }

  /// One line `apus: error: …` with these words, and an exit code.
  func expectRefused(
    _ words: String, status: Int32 = 1, _ run: Finished, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(run.status == status, "\(run.errors)", sourceLocation: sourceLocation)
    #expect(
      run.errors.hasPrefix("apus: error: ") && run.errors.contains(words), "\(run.errors)",
      sourceLocation: sourceLocation)
    #expect(run.errors.filter { $0 == "\n" }.count == 1, "\(run.errors)", sourceLocation: sourceLocation)
  }

  @Test func exportsANetworkAsONNXOrSaysWhyNot() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.onnx"
    let run = try apus("export", "resnet20", "--fold", "--input", "8x8x1", "--classes", "3", "--output", path)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    let bytes = try File.contents(of: path)
    #expect(bytes.count > 4 * 270_000, "the weights are in it")
    let size = "\((Double(bytes.count) / 1e6).formatted(decimals: 1)) MB"
    #expect(run.output == "wrote \(path) (opset 17, \(size)): input [N,1,8,8], output logits [N,3]\n")

    expectRefused("No such file", try apus("export", "lenet5", "--output", folder.path + "/none/a.onnx"))
    expectRefused(
      "File too large",
      try apus("export", "resnet20", "--output", path, shell: "ulimit -f 8; exec \"$@\""))
    #expect(try File.contents(of: path) == bytes && folder.names() == ["a.onnx"])
    expectRefused(
      "'0' is invalid for '--batch <n|dynamic>': expected dynamic (default) or a whole number, 1 to 65,536", status: 64,
      try apus("export", "lenet5", "--output", path, "--batch", "0"))
    expectRefused(
      "'8x' is invalid for '--input <HxWxC>': expected HEIGHTxWIDTHxCHANNELS", status: 64,
      try apus("export", "lenet5", "--output", path, "--input", "8x"))
    expectRefused("nearest known is lenet5", try apus("export", "lenet6", "--output", path))
    expectRefused("is a run", status: 64, try apus("export", folder.path, "--classes", "3", "--output", path))
    expectRefused("model.safetensors", try apus("export", folder.path, "--output", path))
  }

  @Test func takesAnOptimizerByNameAndTellsWhatWeightDecayActsOn() throws {
    let folder = try TemporaryFolder()
    let common = ["train", "lenet5", "--data", "digits", "--epochs", "1"]
    func train(_ name: String, _ arguments: String...) throws -> Finished {
      let (process, output, errors) = process(common + arguments + ["--out", folder.path + "/" + name])
      try process.run()
      let text = output.fileHandleForReading.readDataToEndOfFile()
      let problems = errors.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return Finished(
        status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
        errors: String(decoding: problems, as: UTF8.self))
    }
    let run = try train("a", "--optimizer", "adamw", "--schedule", "one-cycle", "--clip", "norm:1")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("adamw, weight decay 0.01 on 5 of 10 parameters, none on 5 biases, scales and shifts"))
    let record = try RunRecord.read(folder.path + "/a/run.json")
    #expect(record.settings.optimizer == "adamw" && record.settings.learningRate == 0.001)
    #expect(record.settings.clipping == .norm(1) && record.settings.schedule.warmup == 0)
    #expect(record.weightDecay?.decayed.contains("features.0.weight") == true)
    #expect(record.weightDecay?.spared.contains("features.0.bias") == true)
    expectRefused("did you mean adagrad?", status: 64, try train("b", "--optimizer", "adagrat"))
    expectRefused("'norm:-1' is invalid", status: 64, try train("b", "--clip", "norm:-1"))
  }

  @Test func tellsItsVersion() throws {
    let run = try apus("--version")
    #expect(run.status == 0 && run.output.hasPrefix("apus \(Runtime.version)"))
  }

  @Test func summarizes() throws {
    let run = try apus("summary", "lenet5", "--input", "28")
    #expect(run.status == 0 && run.output.contains("61,706") && run.output.contains("416,520"))
    expectRefused("lenet5", try apus("summary", "lenet4"))
    let folder = try TemporaryFolder()
    let drawn = try apus("summary", "lenet5", "--no-time", "--figure", folder.path + "/plan.svg")
    let plain = try apus("summary", "lenet5", "--no-time")
    #expect(drawn.status == 0 && drawn.output == plain.output)
    #expect(XMLElements(try String(contentsOfFile: folder.path + "/plan.svg", encoding: .utf8)).problem == nil)
    #expect(try String(contentsOfFile: folder.path + "/plan.csv", encoding: .utf8).contains("features.0"))
    expectRefused("plan.png.svg", try apus("summary", "lenet5", "--figure", "plan.png"))
    expectRefused("30", try apus("summary", "lenet5", "--input", "30"))
  }

  @Test func plansAStepAsTableJSONAndCSV() throws {
    let json = try apus(
      "summary", "vgg16", "--input", "224x224x3", "--batch", "2", "--format", "json", "--no-time")
    let plan = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let layers = try #require(plan["layers"] as? [[String: Any]])
    let totals = try #require(plan["totals"] as? [String: Double])
    #expect(totals["parameters"] == 138_357_544 && totals["weight_multiply_adds"] == 2 * 15_470_264_320)
    #expect(totals["training_peak_bytes"]! > totals["inference_peak_bytes"]!)
    let pool = try #require(layers.first { $0["layer"] as? String == "features.30" })
    #expect(pool["receptive_field"] as? [Int] == [212, 212] && pool["jump"] as? [Int] == [32, 32])
    let csv = try apus("summary", "lenet5", "--format", "csv", "--phase", "inference", "--no-time")
    #expect(csv.output.contains("\nfeatures.0,Conv2D,1x28x28x6,156,117600,18816,,"))
    let timed = try apus("summary", "lenet5", "--batch", "4")
    #expect(
      timed.output.contains("training step, predicted time") && timed.output.contains("training step, peak memory"))
    let refused = try apus("summary", "alexnet", "--input", "32x32x3", "--no-time")
    expectRefused("features.12: MaxPool2D", refused)
    #expect(try apus("summary", "vgg16", "--input", "224x").status == 64)
  }

  @Test func saysWhyAKernelIsChosen() throws {
    let table = try apus("summary", "lenet5", "--why", "--no-time")
    #expect(table.status == 0 && table.output.contains("\n\nfeatures.3 Conv2D\n  forward: not depthwise: "))
    #expect(table.output.contains("\n  backward weights: ") && table.output.contains("\nclassifier.1 Linear\n"))
    let json = try apus("summary", "lenet5", "--why", "--no-time", "--json", "--phase", "inference")
    let plan = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let layers = try #require(plan["layers"] as? [[String: Any]])
    let choices = layers.compactMap { $0["choices"] as? [[String: Any]] }
    #expect(choices.count == 5 && choices.allSatisfy { $0.map { $0["pass"] as? String } == ["forward"] })
    let declined = try #require(choices[1][0]["declined"] as? [[String: String]])
    #expect(declined[0]["implementation"] == "depthwise" && declined[0]["reason"]?.isEmpty == false)
    let plain = try apus("summary", "lenet5", "--no-time", "--json")
    #expect(!plain.output.contains("choices"))
    #expect(try apus("summary", "lenet5", "--why", "--format", "csv").status == 64)
  }

  @Test func listsAndVerifiesTheNetworks() throws {
    let list = try apus("zoo")
    #expect(list.status == 0 && list.output.contains("138,357,544") && list.output.contains("15,470,264,320"))
    let verified = try apus("zoo", "verify", "vgg16")
    #expect(verified.status == 0 && verified.output.contains("15,237,608") && verified.output.contains("erratum"))
    expectRefused("nearest known is googlenet.paper", try apus("zoo", "verify", "googlenet.papr"))
  }

  @Test func trainsEvaluatesAndPredicts() throws {
    let temporary = try TemporaryFolder()
    let run = temporary.path + "/run"
    let trained = try apus("train", "lenet5", "--data", "digits", "--epochs", "2", "--threads", "1", "--out", run)
    #expect(trained.status == 0)
    let last = try #require(trained.output.split(separator: "\n").last)
    #expect(last.wholeMatch(of: /test accuracy [0-9]+\.[0-9] %/) != nil)

    let evaluated = try apus("evaluate", run)
    #expect(evaluated.status == 0 && evaluated.output.split(separator: "\n").last == last)

    let image = digits.test.image(at: 0)
    let png = try PictureFormat.png.encode(Picture(image))
    let path = try temporary.file("digit.png", png)
    let predicted = try apus("predict", run, path, "--top", "2")
    #expect(predicted.status == 0)
    #expect(predicted.output.wholeMatch(of: /.*digit\.png: [0-9] [0-9.]+ %, [0-9] [0-9.]+ %\n/) != nil)
    expectRefused("no.png", try apus("predict", run, try temporary.file("no.png", Array("no image".utf8))))

    let resumed = try apus("train", "--resume", run)
    #expect(resumed.status == 0 && resumed.output.contains("the run is complete (2 of 2 epochs); to train on"))
    #expect(resumed.output.contains("apus train lenet5 --data digits --init \(run) --epochs 10 --out "))
    expectRefused(run, try apus("train", "lenet5", "--data", "digits", "--out", run))
  }

  @Test func segments() throws {
    let temporary = try TemporaryFolder()
    let run = temporary.path + "/run"
    let done = try apus(
      "segment", "--data", "digits", "--epochs", "1", "--scenes", "20", "--size", "20", "--out", run)
    #expect(done.status == 0, "\(done.errors)")
    let lines = done.output.split(separator: "\n")
    #expect(lines.count == 6 + 12 + 4 && lines[7].hasPrefix("background "), "\(done.output)")
    // Of twenty scenes nothing is learned, and it says so.
    #expect(lines[lines.count - 2].hasPrefix("the run did not learn: "), "\(done.output)")
    #expect(lines.last?.wholeMatch(of: /test mean IoU [0-9.]+ %, pixel accuracy [0-9.]+ %, .*/) != nil)
    let measured = try apus("evaluate", run)
    #expect(measured.output.contains("256 test scenes") && measured.output.contains("test mean IoU "), "\(measured)")
    let picture = try temporary.file("picture.pgm", Array("P5 40 30 255\n".utf8) + [UInt8](repeating: 90, count: 1200))
    let predicted = try apus("predict", run, picture)
    #expect(predicted.output.contains("picture.pgm: ") && predicted.output.contains("of the pixels"), "\(predicted)")
    try FileManager.default.removeItem(atPath: picture)
    let resumed = try apus("segment", "--resume", run)
    #expect(resumed.status == 0 && resumed.output.contains("the run is complete (1 of 1 epochs)\n"), "\(resumed)")
    expectRefused("--resume continues a run", try apus("segment", "--data", "digits", "--out", run))
    expectRefused("digits, mnist:FOLDER", try apus("segment", "--data", "cats", "--out", run + "2"))
    expectRefused("height is 4", try apus("segment", "--data", "digits", "--size", "4", "--out", run + "2"))
    expectRefused("--out is missing", status: 64, try apus("segment", "--data", "digits"))
    expectRefused("--size cannot be given", status: 64, try apus("segment", "--resume", run, "--size", "20"))
    expectRefused(
      "run.json",
      try apus("segment", "--data", "digits", "--out", run + "2", shell: "ulimit -f 0; exec \"$@\""))
    #expect(try temporary.names() == ["run"])
  }

  @Test func tellsWrongUsage() throws {
    for arguments in [
      ["train"], ["train", "lenet5"], ["fly"],
      ["train", "lenet5", "--data", "digits", "--out", "x", "--epochs", "two"],
      ["train", "--resume", "x", "--epochs", "2"],
    ] {
      let (process, _, errors) = process(arguments)
      try process.run()
      let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 64 && text.hasPrefix("apus: error: "), "\(arguments): \(text)")
    }
  }

  @Test func refusesWhatCannotBeTrained() throws {
    let temporary = try TemporaryFolder()
    let run = temporary.path + "/run"
    expectRefused("lenet5", try apus("train", "lenet6", "--data", "digits", "--out", run))
    expectRefused(
      DataSource.forms,
      try apus("train", "lenet5", "--data", "cats", "--out", run))
    expectRefused("train-images", try apus("train", "lenet5", "--data", "mnist:" + temporary.path, "--out", run))
    let file = try temporary.file("file", [7])
    expectRefused(file, try apus("train", "lenet5", "--data", "digits", "--out", file))
    #expect(try temporary.names() == ["file"])
    let diverged = try apus(
      "train", "lenet5", "--data", "digits", "--epochs", "1", "--learning-rate", "1e6", "--out", run)
    expectRefused("diverged at step", diverged)
  }

  @Test func transfersToFoldersAndExtractsFeatures() throws {
    let temporary = try TemporaryFolder()
    let pictures = try pictureFolder(
      temporary, "pictures", ["dark": Array(0..<15), "light": Array(200..<215)], size: 10)
    let (first, second) = (temporary.path + "/first", temporary.path + "/second")
    let source = try apus(
      "train", "resnet20", "--data", "folder:" + pictures, "--input", "8x8x3", "--epochs", "1", "--batch-size", "8",
      "--out",
      first)
    #expect(source.status == 0, "\(source.errors)")
    let run = try apus(
      "train", "resnet20", "--data", "folder:" + pictures + "/", "--input", "8", "--epochs", "1", "--batch-size", "8",
      "--classes", "2", "--init", first + "/model.safetensors", "--new-head", "--freeze", "conv1*", "bn1*", "stage*",
      "--unfreeze", "stage3.2.bn2*", "--group", "fc.*:lr=0.5", "--out", second)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("model.safetensors; fc: 2 classes, drawn anew"), "\(run.output)")
    #expect(run.output.contains("frozen: 61 parameters with 271,696 of 271,954 numbers and 40 running statistics"))
    #expect(
      run.output.contains("groups: fc.*:lr=0.5") && run.output.contains("weight decay 0.0005 on 1 of 4 parameters"))
    #expect(try apus("evaluate", second).output.split(separator: "\n").last == run.output.split(separator: "\n").last)

    let picture = pictures + "/light/3.png"
    #expect(try apus("predict", second, picture).output.contains("light"))
    let output = temporary.path + "/features.npy"
    let extracted = try apus("features", second, "--at", "stage3", "--images", picture, picture, "--output", output)
    #expect(extracted.status == 0, "\(extracted.errors)")
    #expect(try Npy.read(output).shape == [2, 2, 2, 64])
    let input = temporary.path + "/input.npy"
    try Npy.write(Tensor([UInt8](repeating: 203, count: 384), shape: [2, 8, 8, 3]), to: input)
    #expect(try apus("features", second, "--at", "stage3", "--input", input, "--output", output + "2").status == 0)
    #expect(try Npy.read(output + "2").array(of: Float.self) == Npy.read(output).array(of: Float.self))

    expectRefused("stage3", try apus("features", second, "--at", "stage4", "--images", picture, "--output", output))
    expectRefused(
      "\"layer*\" matches none of the 65 parameters",
      try apus(
        "train", "resnet20", "--data", "folder:" + pictures, "--input", "8", "--freeze", "layer*", "--out",
        temporary.path + "/third"))
    expectRefused(
      "'a:b=1' is invalid", status: 64,
      try apus("train", "resnet20", "--data", "digits", "--group", "a:b=1", "--out", temporary.path + "/third"))
    expectRefused("--freeze", status: 64, try apus("train", "--resume", second, "--freeze", "fc*"))
    expectRefused(
      "nothing there",
      try apus("train", "resnet20", "--data", "folder:" + temporary.path + "/none", "--out", temporary.path + "/third"))
  }

  @Test func reportsAFullDisk() throws {
    let temporary = try TemporaryFolder()
    let run = temporary.path + "/run"
    // Not even run.json fits: nothing is left behind.
    expectRefused(
      "run.json",
      try apus("train", "lenet5", "--data", "digits", "--epochs", "1", "--out", run, shell: "ulimit -f 0; exec \"$@\""))
    #expect(try temporary.names() == [])
    // run.json fits and the checkpoint does not.
    let full = try apus(
      "train", "lenet5", "--data", "digits", "--epochs", "1", "--out", run, shell: "ulimit -f 64; exec \"$@\"")
    expectRefused("last.safetensors", full)
    #expect(try FileManager.default.contentsOfDirectory(atPath: run) == ["run.json"])
    #expect(try RunRecord.read(run + "/run.json").status == .failed)
    // With room it goes on, from the start as there is no checkpoint.
    let resumed = try apus("train", "--resume", run)
    #expect(resumed.status == 0 && resumed.output.contains("\ntest accuracy "), "\(resumed.errors)")
    #expect(try RunRecord.read(run + "/run.json").status == .finished)
  }

  @Test func savesOnInterruptionAndGoesOnToTheSameBytes() throws {
    let temporary = try TemporaryFolder()
    let (whole, cut) = (RunFiles(temporary.path + "/whole"), RunFiles(temporary.path + "/cut"))
    let arguments = ["train", "lenet5", "--data", "digits", "--epochs", "8", "--checkpoint-every", "5", "--out"]
    let (first, firstOutput, _) = process(arguments + [whole.folder])
    try first.run()
    _ = firstOutput.fileHandleForReading.readDataToEndOfFile()
    first.waitUntilExit()
    #expect(first.terminationStatus == 0)

    let (second, output, _) = process(arguments + [cut.folder])
    try second.run()
    while !FileManager.default.fileExists(atPath: cut.checkpoint) && second.isRunning { usleep(2000) }
    second.interrupt()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    second.waitUntilExit()
    #expect(second.terminationReason == .exit && second.terminationStatus == 130)
    #expect(text.contains("apus train --resume \(cut.folder)"))
    #expect(try RunRecord.read(cut.record).status == .interrupted)

    // Killed as it goes on, then left to end.
    let (third, _, _) = process(["train", "--resume", cut.folder])
    let before = try bytes(of: cut.checkpoint)
    try third.run()
    while try bytes(of: cut.checkpoint) == before && third.isRunning { usleep(2000) }
    kill(third.processIdentifier, SIGKILL)
    third.waitUntilExit()
    #expect(try apus("train", "--resume", cut.folder, "--threads", "1").status == 0)
    #expect(try bytes(of: cut.model) == bytes(of: whole.model))
  }
}
