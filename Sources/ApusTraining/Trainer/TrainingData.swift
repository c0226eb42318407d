import ApusCore
import ApusData
import ApusSupport

/// What a network is trained on, chosen by and measured with: three sources of samples, disjoint.
public struct TrainingData: Sendable {
  /// For people: of reports and records.
  package let name: String
  /// What is learned from.
  public let train: any SampleSource
  /// What is measured after each epoch, to choose the model that is kept.
  public let validation: any SampleSource
  /// What is measured once, at the end.
  public let test: any SampleSource
  /// Changes where the samples do, as far as their sources tell: by it a run that is resumed sees other data.
  package let fingerprint: String?
  /// Samples an evaluation's step; no result depends on it beyond rounding.
  package var evaluationBatchSize = TrainingData.usualEvaluationBatchSize

  package static let usualEvaluationBatchSize = 500

  /// - Parameter name: for people.
  public init(
    _ name: String = "samples of one's own", train: some SampleSource, validation: some SampleSource,
    test: some SampleSource
  ) {
    let prints = [train.fingerprint, validation.fingerprint, test.fingerprint].compactMap { $0 }
    self.init(
      name, train: train, validation: validation, test: test,
      fingerprint: prints.isEmpty ? nil : Fingerprint.text(of: Array(prints.joined(separator: " ").utf8)))
  }

  package init(
    _ name: String, train: some SampleSource, validation: some SampleSource, test: some SampleSource,
    fingerprint: String?
  ) {
    self.name = name
    self.train = train
    self.validation = validation
    self.test = test
    self.fingerprint = fingerprint
  }

  /// Throws if a part is empty, or if the parts' samples have different shapes.
  func check() throws(DataError) {
    for (part, source) in [("training", train), ("validation", validation), ("test", test)] {
      // A classifier may be trained without test images.
      if source.count < 1 && part != "test" {
        throw DataError(name, found: "no \(part) samples", expected: "at least one")
      }
      if source.sampleShape != train.sampleShape {
        throw DataError(
          name, found: "\(part) samples of shape \(source.sampleShape)",
          expected: "\(train.sampleShape), as those that are trained on")
      }
    }
  }
}
