import Apus
import Foundation
import Testing

/// What options accept, and what is said of anything else.
extension CommandTests {
  private static let train = ["train", "lenet5", "--data", "digits", "--out", "never-made"]

  /// Every command with each of its numeric options, and values beyond what it takes.
  static let numbers: [([String], String, [String])] = {
    let huge = "9223372036854775807"
    let (summary, export) = (["summary", "lenet5", "--no-time"], ["export", "lenet5", "--output", "never-made"])
    let forward = ["forward", "lenet5", "--weights", "w", "--input", "x", "--output", "y"]
    let segment = ["segment", "--data", "digits", "--out", "never-made"]
    return [
      (train, "--epochs", ["0", "-1", "1e3", "two", "", huge, huge + "0"]),
      (train, "--batch-size", ["0", "-1", "1.5", huge]), (train, "--shift", ["-1", huge]),
      (train, "--cutout", ["-1", huge]), (train, "--classes", ["0", huge]), (train, "--checkpoint-every", ["0", "-3"]),
      (train, "--seed", ["-1", "18446744073709551616"]), (train, "--learning-rate", ["0", "-0.1", "nan", "inf", "x"]),
      (train, "--lr", ["0", "1e999"]), (train, "--warmup", ["-0.1", "1", "nan"]), (train, "--momentum", ["1", "-1"]),
      (train, "--weight-decay", ["-1", "inf"]), (train, "--jitter", ["2", "-1"]), (train, "--crop", ["0", "2", "nan"]),
      (train, "--input", ["0", "8x", "1x2x3x4", "70000"]),
      (summary, "--batch", ["0", huge]), (summary, "--classes", ["-1", huge]), (summary, "--input", ["-8"]),
      (export, "--batch", ["0", huge]), (export, "--classes", ["0", huge]), (export, "--seed", ["-1"]),
      (forward, "--classes", ["0", huge]), (["predict", "run", "image"], "--top", ["0", "-1", huge]),
      (segment, "--epochs", ["0", huge]), (segment, "--scenes", ["0", huge]), (segment, "--batch-size", ["0", huge]),
      (segment, "--size", ["0", "-8", huge]), (segment, "--learning-rate", ["0", "nan"]), (segment, "--seed", ["-1"]),
    ]
  }()

  @Test func numbersOutOfRangeAreRefusedWithTheRange() throws {
    for (command, option, values) in every(Self.numbers) {
      for value in values {
        let run = try apus(words: command + [option, value])
        expectRefused("The value '\(value)' is invalid for '\(option) <", status: 64, run)
        #expect(run.errors.contains("': expected "), "\(run.errors)")
      }
    }
    expectRefused(
      "The value '-1' is invalid for '--epochs <epochs>': expected a whole number, 1 to 1,000,000", status: 64,
      try apus(words: Self.train + ["--epochs", "-1"]))
  }

  @Test func everyCommandTakesThreadsAndRefusesWrongOnes() throws {
    let commands = [
      Self.train, ["evaluate", "run"], ["predict", "run", "image"], ["weights", "lenet5", "file"], ["zoo"],
      ["forward", "lenet5", "--weights", "w", "--input", "x", "--output", "y"], ["summary", "lenet5"],
      ["features", "run", "--at", "fc", "--images", "a", "--output", "y"], ["zoo", "verify", "vgg16"],
      ["segment", "--data", "digits", "--out", "never-made"], ["export", "lenet5", "--output", "never-made"],
      ["catalogue"],
    ]
    for command in commands {
      for value in ["-3", "257"] {
        expectRefused(
          "'\(value)' is invalid for '--threads <threads>': expected a whole number, 1 to 256", status: 64,
          try apus(words: command + ["--threads", value]))
      }
    }
    expectRefused("'0' is invalid for '--threads", status: 64, try apus("script", "--threads", "0", "a.swift"))
    #expect(try apus("summary", "lenet5", "--no-time", "--threads", "1").status == 0)
  }

  @Test func aWrongChoiceListsTheChoicesWithTheirDefaultsAndTheNearest() throws {
    let schedules = try apus(words: Self.train + ["--schedule", "cos"])
    expectRefused(
      "expected one of constant, cosine (default), step:EPOCHS:FACTOR (every 30 epochs, × 0.1)", status: 64, schedules)
    #expect(schedules.errors.contains("one-cycle:RISE") && schedules.errors.contains("; did you mean cosine?"))
    let weights = ["weights", "lenet5", "file"]
    for (command, option, value, words) in [
      (Self.train, "--optimizer", "adm", "sgd (default), nesterov, adam, adamw"),
      (Self.train, "--clip", "norm", "norm:LIMIT"),
      (Self.train, "--decaying", "biases", "weights (default), all"), (Self.train, "--normalize", "mean", "imagenet"),
      (Self.train, "--precision", "float64", "standard (default), strict, bfloat16"),
      (Self.train, "--group", "fc", "PATTERN:SETTING"), (weights, "--layout", "torch", "pytorch (default), apus"),
      (["summary", "lenet5"], "--phase", "train", "training (default), inference"),
      (["summary", "lenet5"], "--format", "xml", "table (default), json, csv"),
      (["catalogue"], "--kind", "lossy", "layer, activation, loss"),
      (["catalogue"], "--lecture", "d5", "0 (Learning: layers, normalization, losses), 1 ("),
    ] {
      let run = try apus(words: command + [option, value])
      expectRefused("The value '\(value)' is invalid for '\(option) <", status: 64, run)
      #expect(run.errors.contains(": expected ") && run.errors.contains(words), "\(run.errors)")
    }
  }

  /// What the parser itself does not show of options whose values we read.
  @Test func everyHelpShowsItsDefaults() throws {
    for (command, defaults) in [
      ("train", ["epochs 10", "batch-size 64", "warmup 0.05", "shift 2", "seed 1", "schedule cosine", "clip none"]),
      ("segment", ["epochs 20", "scenes 1536", "batch-size 16", "size 64", "lr 0.015", "seed 1"]),
      ("summary", ["batch 1", "phase training", "format table"]), ("predict", ["top 3"]),
      ("export", ["seed 1", "batch dynamic"]), ("weights", ["layout pytorch"]),
    ] {
      let text = try apus("help", command).output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      let help = text.components(separatedBy: "OPTIONS:").last ?? ""
      for (option, value) in defaults.map({ $0.split(separator: " ") }).map({ ($0[0], $0[1]) }) {
        let behind = help.components(separatedBy: " --\(option)").dropFirst().first ?? ""
        let entry = behind.components(separatedBy: " --")[0]
        #expect(entry.contains("(default: \(value))"), "\(command) --\(option): \(entry)")
      }
    }
  }

  @Test func aMisspeltCommandGetsTheNearestAndTheList() throws {
    for (words, nearest) in [
      (["foo"], "zoo"), (["tarin", "lenet5"], "train"), (["eval", "run"], "evaluate"), (["help", "sumary"], "summary"),
      (["zoo", "verfy"], "verify"),
    ] {
      let run = try apus(words: words)
      expectRefused("did you mean '\(nearest)'?", status: 64, run)
      #expect(run.errors.contains("The commands are "), "\(run.errors)")
    }
    let unlike = try apus("quantize")
    expectRefused("no command 'apus quantize'. The commands are train, evaluate, predict", status: 64, unlike)
    #expect(!unlike.errors.contains("script-stop"), "it is not for people")
    #expect(try apus("help", "zoo", "verify").output.contains("published tables"))
  }

  @Test func learningRateHasItsShortNameAndABatchFitsTheData() throws {
    let folder = try TemporaryFolder()
    let run = try apus(
      "train", "lenet5", "--data", "digits", "--epochs", "1", "--lr", "0.03", "-o", folder.path + "/a")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try RunRecord.read(folder.path + "/a/run.json").settings.learningRate == 0.03)
    let images = digits.train.count
    expectRefused(
      "the batch size is \((images + 1).grouped), expected at most the \(images.grouped) training images",
      try apus("train", "lenet5", "--data", "digits", "--batch-size", "\(images + 1)", "-o", folder.path + "/b"))
    #expect(try folder.names() == ["a"], "nothing is left of it")
  }

  @Test func aFolderAsDataGetsItsForm() throws {
    let folder = try TemporaryFolder()
    expectRefused(
      "\(DataSource.forms); did you mean folder:\(folder.path)?",
      try apus("train", "lenet5", "--data", folder.path, "-o", folder.path + "/run"))
  }

  @Test func threadsInTheEnvironmentThatOpenMPCannotReadAreIgnoredAndTold() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.npy"
    try Npy.write(.zeros([1, 28, 28, 1]), to: path)
    for (variable, value) in [
      ("OMP_NUM_THREADS", "-3"), ("OMP_NUM_THREADS", " "), ("OMP_NUM_THREADS", "1e20"), ("OMP_NUM_THREADS", "4,x"),
      ("OMP_NUM_THREADS", "100000000000000000000"), ("OMP_THREAD_LIMIT", "-3"), ("OMP_STACKSIZE", "1024G"),
    ] {
      let run = try apus("summary", "lenet5", shell: "\(variable)='\(value)' exec \"$@\"")
      #expect(run.status == 0, "\(variable)=\(value): \(run.errors)")
      #expect(
        run.errors.wholeMatch(of: /apus: warning: (.*) ignored: using [0-9]+ threads?\n/)?.1 == "\(variable)=\(value)",
        "\(run.errors)")
    }
    for value in ["2", " 2 ", "2,1", ""] {
      let run = try apus("summary", "lenet5", shell: "OMP_NUM_THREADS='\(value)' exec \"$@\"")
      #expect(run.status == 0 && run.errors.isEmpty, "\(value): \(run.errors)")
    }
  }
}
