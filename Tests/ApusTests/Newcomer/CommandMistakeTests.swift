import Apus
import Foundation
import Testing

/// What people type wrong: the command says what came, what was expected, where, and what to type.
@Suite struct CommandMistakeTests {
  private let command = CommandTests()

  @Test func wordsOfOtherToolsAreUnderstood() throws {
    let meant = [
      "resume": "apus train --resume RUN", "test": "apus evaluate RUN", "report": "RUN/report.html",
      "models": "apus zoo", "version": "apus --version", "fit": "apus train", "trian": "'train'",
    ]
    for (word, ours) in every(Array(meant)) {
      command.expectRefused(
        "no command 'apus \(word)'; did you mean \(ours)", status: 64, try command.apus(words: [word, "x"]))
    }
  }

  @Test func optionsAreTakenForTheNearest() throws {
    for (typed, meant) in every([
      ("--batch", "--batch-size"), ("--epoch", "--epochs"), ("--batchsize", "--batch-size"), ("--output", "--out"),
      ("--learning_rate", "--learning-rate"), ("--optim", "--optimizer"),
    ]) {
      command.expectRefused(
        "Unknown option '\(typed)'. Did you mean '\(meant)'? (apus help train shows the usage)", status: 64,
        try command.apus("train", "lenet5", "--data", "digits", "--out", "x", typed, "8"))
    }
    command.expectRefused(
      "did you mean adam?", status: 64,
      try command.apus("train", "lenet5", "--data", "digits", "--out", "x", "--optimizer", "Adam"))
  }

  @Test func missingArgumentsSayWhatTheyAre() throws {
    command.expectRefused(
      "Missing expected argument '<images> ...': Image files, or folders of them", status: 64,
      try command.apus("predict", "x"))
    command.expectRefused(
      "'<run> ...': A run, or its model.safetensors; several are measured as an ensemble", status: 64,
      try command.apus("evaluate"))
  }

  @Test func dataAreTakenForTheNearest() throws {
    for (typed, meant) in every([
      ("mnist", "mnist:FOLDER"), ("digit", "digits"), ("cifar:x", "cifar10:x"), ("CIFAR10:x", "cifar10:x"),
      ("images:x", "FOLDER"),
    ]) {
      let run = try command.apus("train", "lenet5", "--data", typed, "--out", "x")
      command.expectRefused("expected \(DataSource.forms)", run)
      #expect(run.errors.contains(typed.hasPrefix("images") ? meant : "; did you mean \(meant)?"), "\(run.errors)")
    }
  }

  @Test func sizesWithTheChannelsFirstAreRefused() throws {
    for (typed, meant) in every([("3x224x224", "224x224x3"), ("1x28x28", "28x28x1")]) {
      command.expectRefused(
        "expected HEIGHTxWIDTHxCHANNELS; did you mean \(meant)?", status: 64,
        try command.apus("summary", "resnet18", "--input", typed))
    }
    #expect(try command.apus("summary", "resnet20", "--input", "8x8x3").status == 0)
  }

  @Test func foldersOfTheWrongDepthAreTold() throws {
    let (temporary, other) = (try TemporaryFolder(), try TemporaryFolder())
    let folder = try pictureFolder(temporary, "photos", ["cat": [1, 2], "dog": [3, 4]])
    func train(_ folder: String) throws -> CommandTests.Finished {
      try command.apus("train", "resnet20", "--data", "folder:" + folder, "--out", other.path + "/run")
    }
    command.expectRefused(
      "2 files and no subfolders, expected a folder with one folder of images per class; if this is the folder of one class, "
        + "give the folder that it is in", try train(folder + "/cat"))
    command.expectRefused(
      "only one class, \"photos\", expected at least two, one folder of images per class; did you mean "
        + "\(temporary.path)/photos?", try train(temporary.path))
    let one = try pictureFolder(temporary, "one", ["cat": [1, 2]])
    let refused = try train(one)
    command.expectRefused("only one class, \"cat\", expected at least two, one folder of images per class", refused)
    #expect(!refused.errors.contains("did you mean"))
    try FileManager.default.createDirectory(atPath: folder + "/owl", withIntermediateDirectories: false)
    command.expectRefused("no images of the class owl, expected at least one image per class (.jpg", try train(folder))
  }

  @Test func weightsThatAreNotThereAreNamedAsTyped() throws {
    let run = try command.apus("train", "lenet5", "--data", "digits", "--init", "none.pth", "--out", "x")
    command.expectRefused("none.pth: cannot open it", run)
  }

  /// Networks of one's own are trained and run by programs; the command says so.
  @Test func weightsAndProgramsOfOnesOwnAreTold() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/own.safetensors"
    try Linear(2, 2).save(path)
    for words in every([
      ["predict", path, "x.png"], ["evaluate", path, "--data", "digits"], ["summary", path],
      ["export", path, "--output", folder.path + "/x.onnx"],
    ]) {
      command.expectRefused(
        "own.safetensors: weights that do not say which network they are of, expected a run of apus train",
        try command.apus(words: words))
    }
    command.expectRefused(
      "weights that do not say which network they are of",
      try command.apus("predict", repositoryFile("Tests/Fixtures/interchange.pth"), "x.png"))
    command.expectRefused(
      "no network \"mine.swift\"; one of your own is trained by its program: apus script mine.swift",
      try command.apus("train", "mine.swift", "--data", "digits", "--out", folder.path + "/run"))
  }

  /// Five epochs of one step each.
  @Test func aRunOfFewStepsIsToldSo() throws {
    let folder = try TemporaryFolder()
    let gray = Array(repeating: 100, count: 20)
    let photos = try pictureFolder(folder, "photos", ["a": gray, "b": gray], size: 8)
    let run = try command.apus(
      "train", "resnet20", "--data", "folder:" + photos, "--input", "8", "--epochs", "5", "--out", folder.path + "/run")
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.output.contains("it took only 5 steps: try more --epochs or a smaller --batch-size"), "\(run.output)")
  }
}
