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

  /// What a network is trained for.
  package enum Task: String, Sendable, Codable {
    /// A class for each image.
    case classification
    /// A class for each pixel.
    case segmentation
    /// A class and a box for each scene.
    case localization
    /// What a program says by itself: only that program can resume the run.
    case own
  }

  /// The network of the run and its sizes.
  package struct Network: Sendable, Codable {
    /// A name of `NetworkCatalogue`, or the type of a network that a program made itself.
    package var name: String
    /// `[H, W, C]`, or the shape of another input.
    package var input: [Int]
    /// Number of classes, which are those of the data; `nil` for a task without classes.
    package var classes: Int?
    /// Numbers learned, frozen ones included.
    package var parameters: Int
  }

  /// The data of the run, in words and numbers by which a change shows.
  package struct Data: Hashable, Sendable, Codable {
    /// What was asked for: `digits`, `mnist:/absolute/folder`. Of samples that a program made itself their name.
    package var source: String
    /// For people: `MNIST`.
    package var name: String
    /// Number of training images.
    package var trainingSamples: Int
    /// Number of validation images.
    package var validationSamples: Int
    /// Number of test images.
    package var testSamples: Int
    /// The classes' names, in the order of their labels; none of a task without classes.
    package var classNames: [String]
    /// What images are normalized by, if anything is recorded of it, a number per channel, of pixels from 0 to 1: the training split's unless `normalization` says
    /// another one.
    package var mean: [Float]
    /// The standard deviation, as `mean`: a number per channel.
    package var deviation: [Float]
    /// By which a change of the data is found: of images and labels, and of image files' names. Runs made before had none of data in
    /// fixed files.
    package var fingerprint: String?
    /// The file of the run that has each image file's part. `nil` for data in fixed files, whose parts are always the same, and for
    /// runs made before, whose parts were drawn by the files' places in a sorted list.
    package var split: String?
    /// Image files that were left out because they could not be read.
    package var skipped: [SkippedImage]?
  }

  /// Where a part of the run was computed. A run that is resumed has several.
  package struct Machine: Hashable, Sendable, Codable {
    /// Threads that kernels used; no result depends on it.
    package var threads: Int
    /// The kernels in use: `avx2`. Other ones give other bits.
    package var instructionSet: String
    /// The version of the library.
    package var version: String
    /// Version, compiler and OpenMP of the build; see `Runtime.buildDescription`.
    package var build: String
    /// When this part began, in UTC: `2026-11-21T03:05:00Z`.
    package var started: String
    /// Steps of the run that were done before this part.
    package var firstStep: Int
  }

  /// The trained parameters, divided by whether they decay.
  package struct WeightDecay: Hashable, Sendable, Codable {
    /// Paths of those that the weight decay acts on.
    package var decayed: [String]
    /// Paths of those with a weight decay of 0.
    package var spared: [String]
  }

  /// A member of a bagged ensemble: as many training images as there are, drawn with replacement.
  package struct Bootstrap: Hashable, Sendable, Codable {
    /// From 1 to `members`.
    package var member: Int
    /// Number of members.
    package var members: Int
    /// Of the draw; see `DataSplit.bootstrap`.
    package var seed: UInt64
  }

  /// Where initial values come from, and what became of them.
  package struct Initial: Hashable, Sendable, Codable {
    /// With an absolute path.
    package var file: String
    /// The file's bytes, by which a change is found.
    package var fingerprint: String?
    /// Whether the classifier is drawn anew even if the file's would fit.
    package var newHead: Bool
    /// Where in the file the weights are, as asked for.
    package var prefix: String?
    /// What else is to be known of how they were read, in words.
    package var notes: [String]?
    /// Parameters and buffers that have the file's values.
    package var matched: Int?
    /// Paths of the classifier's parameters, where it is drawn anew, and the number of classes of the file's.
    package var head: [String]?
    /// Number of classes of the file's classifier; `nil` before it is read, or if it cannot be told.
    package var fileClasses: Int?
  }

  /// Version of this format.
  package var format = 1
  /// How far the run came when the record was written.
  public var status: Status
  /// The program and its arguments, one text each; empty if a program of one's own began the run without them.
  package var commandLine: [String]
  /// When the run was first started, in UTC: `2026-11-21T03:05:00Z`.
  package var started: String
  /// When the record was last written, in the same form.
  package var updated: String
  /// What determines the result, beside network, data and initial values.
  public var settings: TrainingSettings
  /// The weights of the classes in the loss, as the settings' class weights came out for the data; `nil` for equal ones.
  package var classWeights: [Double]?
  /// Steps between checkpoints; `nil` for one per epoch.
  package var checkpointEvery: Int?
  /// Steps between observations of what the layers give; `nil` for none.
  package var observeEvery: Int?
  /// Known once the data were read.
  package var network: Network?
  /// Known from the start; see `Network.name`.
  package var networkName: String
  /// Known from the start; see `Data.source`.
  package var dataSource: String
  /// What kind of task it is; classification where nothing is recorded.
  package var task: Task?
  /// What is measured beside the loss; the accuracy where nothing is recorded.
  package var metrics: [Metric]?
  /// The scenes that are composed of the images, for a network with scores for every pixel or a head for a box.
  package var scenes: SceneSettings?
  /// Known once the data were read.
  package var data: Data?
  /// How image files become images of one size.
  package var imageFolder: ImageFolder.Options?
  /// Channels of the images where those of gray data were repeated.
  package var channels: Int?
  /// In place of the training data's own mean and deviation.
  package var normalization: Normalization?
  /// What is done to whole images, in place of a mean and a deviation per channel; its numbers are in the model's file.
  package var imageMap: ImageMap?
  /// Which member of a bagged ensemble the run is, and what its training images are drawn by.
  package var bootstrap: Bootstrap?
  /// Where initial values come from if not from the seed alone; `nil` otherwise.
  package var initial: Initial?
  /// Parameters and running statistics that are not trained.
  package var frozen: MatchedParts?
  /// Which parameters the weight decay acts on, by their paths, and which it leaves alone.
  package var weightDecay: WeightDecay?
  /// Parameters that are to be trained and that no step of the first epoch reached.
  package var unreached: [String]?
  /// What computes each convolution, linear layer and matrix product, by its path: one implementation for all passes, or those of the
  /// forward pass, the input's gradient and the weights' gradient: `winograd, winograd, direct`.
  package var implementations: [String: String]?
  /// Where the run was computed, a part for each time it was started or resumed.
  package var machines: [Machine] = []
  /// Known once the run has finished.
  public var result: Result?
  /// Why the run failed.
  package var failure: String?
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
  /// Of samples that a program made itself.
  init(_ data: TrainingData) {
    self.init(
      source: data.name, name: data.name, trainingSamples: data.train.count, validationSamples: data.validation.count,
      testSamples: data.test.count, classNames: [], mean: [], deviation: [], fingerprint: data.fingerprint)
  }

  package init(_ source: DataSource, _ splits: DataSplits) {
    self.init(
      source: source.description, name: source.name, trainingSamples: splits.train.count,
      validationSamples: splits.validation.count, testSamples: splits.test.count, classNames: splits.classNames,
      mean: splits.normalization.mean, deviation: splits.normalization.deviation, fingerprint: splits.fingerprint,
      split: splits.files.isEmpty ? nil : RunFiles.splitName, skipped: splits.skipped.isEmpty ? nil : splits.skipped)
  }

  /// Scenes that are composed of the images.
  mutating func describe(_ scenes: TrainingData, of images: DataSplits, hasBackground: Bool) {
    trainingSamples = scenes.train.count
    validationSamples = scenes.validation.count
    testSamples = scenes.test.count
    classNames = (hasBackground ? ["background"] : []) + images.classNames
    mean = ComposedScenes.normalization.mean
    deviation = ComposedScenes.normalization.deviation
  }

  /// Throws where data are not those that a run began with, and says what differs.
  func check(isAs before: RunRecord.Data) throws(DataError) {
    var differences: [String] = []
    let noun = classNames.isEmpty ? "samples" : "images"
    func compare(_ name: String, _ now: Int, _ then: Int) {
      if now != then { differences.append("\(now.grouped) \(name), \(then.grouped) then") }
    }
    compare("training \(noun)", trainingSamples, before.trainingSamples)
    compare("validation \(noun)", validationSamples, before.validationSamples)
    compare("test \(noun)", testSamples, before.testSamples)
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
      differences = [
        classNames.isEmpty
          ? "as many samples, but others" : "as many images of the same classes, but other contents or names"
      ]
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

#if canImport(FoundationEssentials)
  private typealias FoundationData = FoundationEssentials.Data
#else
  private typealias FoundationData = Foundation.Data
#endif
