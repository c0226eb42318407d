import ApusCore
import ApusData
import ApusLayers
import ApusNetworks
import ApusSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The content of `run.json`: everything needed to repeat a run, how far it came, and what came out.
public struct RunRecord: Sendable, Codable {
  /// How far the run came.
  public enum Status: String, Sendable, Codable {
    /// The folder was made; no step has been done.
    case starting
    case running
    /// Stopped by the user after a step; a checkpoint was written.
    case interrupted
    case failed
    case finished
    /// Its process ended without recording why: killed, or out of memory. Never in a file; what `read` says of a run that is recorded as
    /// begun although no process is at work on it. Resuming it goes on from its last checkpoint.
    case crashed

    /// Recorded as begun and not as ended.
    var isOpen: Bool { self == .starting || self == .running }
  }

  /// The network of the run and its sizes.
  public struct Network: Sendable, Codable {
    /// A name of `NetworkCatalogue`.
    public var name: String
    /// `[H, W, C]`.
    public var input: [Int]
    /// Number of classes, which are those of the data.
    public var classes: Int
    /// Numbers learned, frozen ones included.
    public var parameters: Int
  }

  /// The data of the run, in words and numbers by which a change shows.
  public struct Data: Hashable, Sendable, Codable {
    /// What was asked for: `digits`, `mnist:/absolute/folder`.
    public var source: String
    /// For people: `MNIST`.
    public var name: String
    /// Number of training images.
    public var trainingSamples: Int
    /// Number of validation images.
    public var validationSamples: Int
    /// Number of test images.
    public var testSamples: Int
    /// The classes' names, in the order of their labels.
    public var classNames: [String]
    /// What images are normalized by, a number per channel, of pixels from 0 to 1: the training split's unless `normalization` says
    /// another one.
    public var mean: [Float]
    /// The standard deviation, as `mean`: a number per channel.
    public var deviation: [Float]
    /// By which a change of the data is found: of images and labels, and of image files' names. Runs made before had none of data in
    /// fixed files.
    public var fingerprint: String?
    /// The file of the run that has each image file's part. `nil` for data in fixed files, whose parts are always the same, and for
    /// runs made before, whose parts were drawn by the files' places in a sorted list.
    public var split: String?
    /// Image files that were left out because they could not be read.
    public var skipped: [SkippedImage]?
  }

  /// Where a part of the run was computed. A run that is resumed has several.
  public struct Machine: Hashable, Sendable, Codable {
    /// Threads that kernels used; no result depends on it.
    public var threads: Int
    /// The kernels in use: `avx2`. Other ones give other bits.
    public var instructionSet: String
    /// The version of the library.
    public var version: String
    /// Version, compiler and OpenMP of the build; see `Runtime.buildDescription`.
    public var build: String
    /// When this part began, in UTC: `2026-11-21T03:05:00Z`.
    public var started: String
    /// Steps of the run that were done before this part.
    public var firstStep: Int
  }

  /// The trained parameters, divided by whether they decay.
  public struct WeightDecay: Hashable, Sendable, Codable {
    /// Paths of those that the weight decay acts on.
    public var decayed: [String]
    /// Paths of those with a weight decay of 0.
    public var spared: [String]
  }

  /// Where initial values come from, and what became of them.
  public struct Initial: Hashable, Sendable, Codable {
    /// With an absolute path.
    public var file: String
    /// The file's bytes, by which a change is found.
    public var fingerprint: String?
    /// Whether the classifier is drawn anew even if the file's would fit.
    public var newHead: Bool
    /// Where in the file the weights are, as asked for.
    public var prefix: String?
    /// What else is to be known of how they were read, in words.
    public var notes: [String]?
    /// Parameters and buffers that have the file's values.
    public var matched: Int?
    /// Paths of the classifier's parameters, where it is drawn anew, and the number of classes of the file's.
    public var head: [String]?
    /// Number of classes of the file's classifier; `nil` before it is read, or if it cannot be told.
    public var fileClasses: Int?
  }

  /// What came out of a finished run.
  public struct Result: Sendable, Codable {
    /// From 0 to 1.
    public var testAccuracy: Double
    /// Mean cross-entropy per test image.
    public var testLoss: Double
    /// Epoch of the model that was kept.
    public var keptEpoch: Int
    /// After the kept epoch, from 0 to 1.
    public var validationAccuracy: Double
    /// Mean cross-entropy per validation image, after the kept epoch.
    public var validationLoss: Double
    /// Images trained on a second: the time of the steps with waiting for data, without evaluation and writing of files.
    public var imagesPerSecond: Double
    /// Seconds that `imagesPerSecond` is taken over, all parts of the run together.
    public var trainingSeconds: Double
    /// Why the run is taken to have learned nothing, in words; `nil` where it learned, or where that cannot be told.
    public var didNotLearn: String?
  }

  /// Version of this format.
  public var format = 1
  /// How far the run came when the record was written.
  public var status: Status
  /// The program and its arguments, one text each; empty if a program of one's own began the run without them.
  public var commandLine: [String]
  /// When the run was first started, in UTC: `2026-11-21T03:05:00Z`.
  public var started: String
  /// When the record was last written, in the same form.
  public var updated: String
  /// What determines the result, beside network, data and initial values.
  public var settings: TrainingSettings
  /// Steps between checkpoints; `nil` for one per epoch.
  public var checkpointEvery: Int?
  /// Known once the data were read.
  public var network: Network?
  /// A name of `NetworkCatalogue`, known from the start.
  public var networkName: String
  /// The text form of `DataSource`, known from the start: `digits`, `mnist:/absolute/folder`.
  public var dataSource: String
  /// Known once the data were read.
  public var data: Data?
  /// How image files become images of one size.
  public var imageFolder: ImageFolder.Options?
  /// Channels of the images where those of gray data were repeated.
  public var channels: Int?
  /// In place of the training data's own mean and deviation.
  public var normalization: Normalization?
  /// Where initial values come from if not from the seed alone; `nil` otherwise.
  public var initial: Initial?
  /// Parameters and running statistics that are not trained.
  public var frozen: MatchedParts?
  /// Which parameters the weight decay acts on, by their paths, and which it leaves alone.
  public var weightDecay: WeightDecay?
  /// Parameters that are to be trained and that no step of the first epoch reached.
  public var unreached: [String]?
  /// What computes each convolution, linear layer and matrix product, by its path: one implementation for all passes, or those of the
  /// forward pass, the input's gradient and the weights' gradient: `winograd, winograd, direct`.
  public var implementations: [String: String]?
  /// Where the run was computed, a part for each time it was started or resumed.
  public var machines: [Machine] = []
  /// Known once the run has finished.
  public var result: Result?
  /// Why the run failed.
  public var failure: String?
}

extension RunRecord {
  /// Now, in UTC, to the second: 2026-11-21T03:05:00Z.
  static var now: String { Date.now.ISO8601Format() }

  /// Puts the record in place of the one on disk.
  package func write(to path: String) throws(FileError) { try write(to: FilePlace(path)) }

  func write(to place: FilePlace) throws(FileError) {
    var record = self
    record.updated = RunRecord.now
    let encoder = JSONEncoder.anyNumber
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let bytes: FoundationData
    do {
      bytes = try encoder.encode(record)
    } catch {
      fatalError("run.json cannot be encoded: \(error)")
    }
    try AtomicFile.write(Array(bytes) + [UInt8(ascii: "\n")], to: place)
  }

  /// The record in a `run.json`. A run that is recorded as begun and that no process is at work on has the status `.crashed`.
  public static func read(_ path: String) throws(FileError) -> RunRecord {
    var record = try decoded(path)
    if record.status.isOpen, !RunFolder.isInUse(RunFiles(at: path).folder) {
      // It may have ended between the two looks.
      record = try decoded(path)
      if record.status.isOpen { record.status = .crashed }
    }
    return record
  }

  private static func decoded(_ path: String) throws(FileError) -> RunRecord {
    let bytes = try File.contents(of: path)
    let decoder = JSONDecoder.anyNumber
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(RunRecord.self, from: FoundationData(bytes))
    } catch {
      throw FileError(
        path, found: "no record of a run (\(JSONProblem.describe(error)))", expected: "the run.json of a run")
    }
  }
}

extension RunRecord.Data {
  package init(_ source: DataSource, _ splits: DataSplits) {
    self.init(
      source: source.description, name: source.name, trainingSamples: splits.train.count,
      validationSamples: splits.validation.count, testSamples: splits.test.count, classNames: splits.classNames,
      mean: splits.normalization.mean, deviation: splits.normalization.deviation, fingerprint: splits.fingerprint,
      split: splits.files.isEmpty ? nil : RunFiles.splitName, skipped: splits.skipped.isEmpty ? nil : splits.skipped)
  }

  /// Throws where data are not those that a run began with, and says what differs.
  func check(isAs before: RunRecord.Data) throws(DataError) {
    var differences: [String] = []
    func compare(_ name: String, _ now: Int, _ then: Int) {
      if now != then { differences.append("\(now.grouped) \(name), \(then.grouped) then") }
    }
    compare("training images", trainingSamples, before.trainingSamples)
    compare("validation images", validationSamples, before.validationSamples)
    compare("test images", testSamples, before.testSamples)
    if classNames != before.classNames {
      let (gone, added) = (
        Set(before.classNames).subtracting(classNames), Set(classNames).subtracting(before.classNames)
      )
      let changes = [("gone", gone), ("added", added)].filter { !$1.isEmpty }.map { word, names in
        "\(word) " + NameList.text(names.sorted())
      }
      differences.append("classes " + (changes.isEmpty ? "in another order" : changes.joined(separator: ", ")))
    }
    // A run without a fingerprint is told by the statistics of its training images.
    let isSame =
      before.fingerprint.map { $0 == fingerprint } ?? (mean == before.mean && deviation == before.deviation)
    if differences.isEmpty && !isSame {
      differences = ["as many images of the same classes, but other contents or names"]
    }
    if differences.isEmpty { return }
    throw DataError(
      source, found: "data that differ from those that the run began with: \(differences.joined(separator: "; "))",
      expected: "the same (fingerprint \(before.fingerprint ?? "not recorded"))")
  }
}

extension RunRecord.WeightDecay {
  /// Of those that are trained.
  init(_ settings: [ParameterSettings], of parameters: ParameterList) {
    let trained = Set(parameters.filter(\.parameter.isTrainable).map(\.path))
    let settings = settings.filter { $0.isTrained && trained.contains($0.path) }
    self.init(
      decayed: settings.filter { $0.weightDecay > 0 }.map(\.path),
      spared: settings.filter { $0.weightDecay == 0 }.map(\.path))
  }
}

extension RunRecord.Machine {
  static func current(firstStep: Int) -> RunRecord.Machine {
    RunRecord.Machine(
      threads: Runtime.threadCount, instructionSet: Runtime.instructionSet, version: Runtime.version,
      build: Runtime.buildDescription, started: RunRecord.now, firstStep: firstStep)
  }
}

extension RunRecord.Result {
  package init(_ state: TrainingState, _ test: Evaluation) {
    guard let kept = state.kept else { fatalError("the result of a run without a finished epoch") }
    self.init(
      testAccuracy: test.accuracy, testLoss: test.loss, keptEpoch: kept.epoch,
      validationAccuracy: kept.validationAccuracy,
      validationLoss: kept.validationLoss, imagesPerSecond: state.imagesPerSecond,
      trainingSeconds: state.trainingSeconds)
  }
}

#if canImport(FoundationEssentials)
  private typealias FoundationData = FoundationEssentials.Data
#else
  private typealias FoundationData = Foundation.Data
#endif
