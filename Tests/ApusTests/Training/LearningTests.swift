import Apus
import Foundation
import Testing

/// A run that learned nothing says so, and its table keeps its columns.
@Suite struct LearningTests {
  private func row(_ epoch: Int, _ loss: Double, _ validationLoss: Double, _ accuracy: Double) -> EpochMetrics {
    EpochMetrics(
      epoch: epoch, learningRate: 0.1, trainLoss: loss, train: Scores(loss: loss, metrics: ["accuracy": accuracy]),
      validation: Scores(loss: validationLoss, metrics: ["accuracy": accuracy]), seconds: 1)
  }

  @Test func tellsGuessingFromLearning() throws {
    // 144 validation digits: the most frequent class has about a tenth, the standard error is 2.5 %.
    #expect(Learning.failure([row(1, 2, 1.5, 0.5)], digits, isPlain: true) == nil)
    #expect(Learning.failure([row(1, 2.3, 2.302, 0.16)], digits, isPlain: true) == nil)
    let stuck = try #require(Learning.failure([row(1, 2.3, 2.302, 0.104)], digits, isPlain: true))
    #expect(stuck.contains("10.4 % in epoch 1") && stuck.contains("most frequent class") && !stuck.contains("loss"))
    // The best of a hundred epochs may be further off by chance than the only one.
    #expect(Learning.failure([row(1, 2.2, 2.302, 0.15)], digits, isPlain: true) == nil)
    #expect(Learning.failure((1...100).map { row($0, 2.2, 2.2, 0.15) }, digits, isPlain: true) != nil)
    #expect(Learning.failure((1...100).map { row($0, 2.2, 2.2, 0.25) }, digits, isPlain: true) == nil)
    let blown = try #require(
      Learning.failure([row(1, 2.4e23, 3e22, 0.3), row(2, 1e23, 1e30, 0.3)], digits, isPlain: true))
    #expect(blown.contains("no loss was below") && blown.contains("1.00e+23") && blown.contains("3.00e+22"), "\(blown)")
    #expect(Learning.failure([row(1, 3, 9, 0.3), row(2, 2, 9, 0.3)], digits, isPlain: true) == nil)
    #expect(Learning.failure([], digits, isPlain: true) == nil)
    let nan = try #require(Learning.failure([row(1, .nan, .infinity, 0.1)], digits, isPlain: true))
    #expect(nan.contains("nan in training, inf in validation"))
    // Another loss is not measured by what guessing has of this one.
    #expect(Learning.failure([row(1, 3, 9, 0.3)], digits, isPlain: false) == nil)
    #expect(Learning.failure([row(1, 3, 9, 0.1)], digits, isPlain: false) != nil)
  }

  /// So few validation images that all right is no more than chance.
  @Test func saysNothingWhereItCannotBeTold() throws {
    func split(_ labels: [Int32]) throws -> DataSplit {
      let images = Tensor(shape: [labels.count, 2, 2, 1], of: UInt8.self) { $0.initialize(repeating: 9) }
      return DataSplit(
        try ImageDataset(images: images, labels: labels, classNames: ["a", "b"], source: "test"),
        indices: Array(0..<Int32(labels.count)), normalization: Normalization(mean: [0], deviation: [1]))
    }
    let few = DataSplits(train: try split([0, 1, 0, 1]), validation: try split([0, 1]), test: try split([0, 1]))
    // Of ten epochs even the best may have both of two right by chance.
    #expect(Learning.failure([row(1, 0.1, 0.1, 1)], few, isPlain: true) == nil)
    #expect(Learning.failure((1...10).map { row($0, 0.1, 0.1, 0.5) }, few, isPlain: true) == nil)
    #expect(Learning.failure([row(1, 0.8, 0.9, 1)], few, isPlain: true) != nil && Learning.oneClass(few) == nil)
    let one = DataSplits(train: try split([1, 1, 1]), validation: try split([1]), test: try split([0, 1]))
    #expect(Learning.failure([row(1, 0.8, 0.9, 1)], one, isPlain: true) == nil)
    #expect(Learning.oneClass(one)?.contains("3 training images are of the class b") == true)
    let alike = DataSplits(train: try split([0, 1]), validation: try split([1, 1, 1]), test: try split([0, 1]))
    #expect(Learning.failure([row(1, 0.5, 0.9, 1)], alike, isPlain: true) == nil)
  }

  @Test func aRunThatDidNotLearnSaysSoEverywhere() throws {
    let temporary = try TemporaryFolder()
    let command = CommandTests()
    func train(_ name: String, _ rate: String) throws -> (CommandTests.Finished, RunFiles) {
      let run = try command.apus(
        "train", "lenet5", "--data", "digits", "--epochs", "3", "--learning-rate", rate, "--out",
        temporary.path + "/" + name)
      return (run, RunFiles(temporary.path + "/" + name))
    }
    let (stuck, files) = try train("stuck", "1e-9")
    #expect(stuck.status == 0, "\(stuck.errors)")
    let lines = stuck.output.split(separator: "\n")
    #expect(lines[lines.count - 2].hasPrefix("the run did not learn: its best validation accuracy"), "\(stuck.output)")
    let reason = try #require(RunRecord.read(files.record).result?.didNotLearn)
    #expect(lines[lines.count - 2].contains(reason))
    #expect(String(decoding: try bytes(of: files.record), as: UTF8.self).contains("\"did_not_learn\" : "))
    #expect(String(decoding: try bytes(of: files.report), as: UTF8.self).contains("The run did not learn:"))
    let (fine, fineFiles) = try train("fine", "0.05")
    let result = try #require(RunRecord.read(fineFiles.record).result)
    #expect(result.didNotLearn == nil && !fine.output.contains("not learn"), "\(fine.output)")
    let page = String(decoding: try bytes(of: fineFiles.report), as: UTF8.self)
    #expect(!page.contains("did not learn"))
  }

  @Test func aTableKeepsItsColumns() throws {
    let numbers = [0, 1e-300, 0.5, 12.34567, 9999.99996, 99999.6, 123_456_789, 2.4178e23, 9.99996e99, 1.7e308]
    for number in numbers + [.infinity, .nan] {
      for width in 8...10 {
        let text = number.compact(decimals: 4, width: width)
        #expect(text.count <= width, "\(number) as \(text)")
        if number.isFinite, let value = Double(text) {
          #expect(abs(value - number) <= max(0.05 * number, 5e-5), "\(number) as \(text)")
        } else {
          #expect(["inf", "nan"].contains(text), "\(text)")
        }
      }
    }
    #expect(
      2.4178e23.compact(decimals: 4, width: 8) == "2.42e+23" && 86400.12.compact(decimals: 2, width: 7) == "86400.1")
    #expect(
      9.9996e23.compact(decimals: 4, width: 8) == "1.00e+24" && (-2.4e23).compact(decimals: 4, width: 9) == "-2.40e+23")
    #expect(3.25.compact(decimals: 4, width: 8) == "3.2500" && 3.25.formatted(decimals: 30) == "3.25")
    // Ticks of a logarithmic axis, however far apart the values are.
    let ticks = AxisTicks.logarithmic(from: 3e-45, to: 2e23)
    #expect(ticks.count <= 14 && ticks[0] <= 3e-45 && ticks.last! >= 2e23)
    // What no JSON number is, is read back.
    let temporary = try TemporaryFolder()
    let files = RunFiles(temporary.path + "/run")
    _ = try TrainingRun.start(
      .init(network: "lenet5", data: DataSource("digits"), settings: shortSettings(epochs: 1)), in: files.folder,
      observer: SilentObserver())
    var record = try RunRecord.read(files.record)
    record.result?.test.loss = .infinity
    record.result?.validation.loss = .nan
    try record.write(to: files.record)
    let result = try #require(RunRecord.read(files.record).result)
    #expect(result.test.loss == .infinity && result.validation.loss.isNaN)
  }
}
