import Apus
import ApusONNX
import ArgumentParser
import Foundation

/// A folder that `apus import` made: `model.onnx`, and a `run.json` that says what the network takes and what its scores are of.
struct ImportedModel {
  /// The folder's `run.json`.
  struct Record: Codable {
    /// Version of this format.
    var format = 1
    /// `onnx`, which tells it from a run of `apus train`.
    var network = ImportedModel.network
    /// An image's `[H, W, C]`.
    var input: [Int]
    var classNames: [String]
    /// What images are normalized by, from 0 to 1, a number per channel.
    var mean, deviation: [Float]
    /// The part of an image file that is taken.
    var crop: Double
  }

  static let network = "onnx"

  let folder: String
  let record: Record

  var file: String { "\(folder)/\(ModelSource.onnxName)" }

  /// The imported model in a folder; `nil` if it is something else.
  init?(_ argument: String) throws {
    var folder = argument
    if folder.hasSuffix("/\(RunFiles.recordName)") { folder.removeLast(RunFiles.recordName.count + 1) }
    while folder.count > 1 && folder.hasSuffix("/") { folder.removeLast() }
    let path = "\(folder)/\(RunFiles.recordName)"
    guard ModelSource.exists("\(folder)/\(ModelSource.onnxName)"), ModelSource.exists(path) else { return nil }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      record = try decoder.decode(Record.self, from: Data(try File.contents(of: path)))
    } catch let error as DecodingError {
      throw FileError(
        path, found: "no record of an import (\(JSONProblem.describe(error)))", expected: "the run.json of apus import")
    }
    let isUsable =
      record.network == ImportedModel.network && record.input.count == 3
      && record.input.allSatisfy { (1...1 << 20).contains($0) } && !record.classNames.isEmpty
      && record.mean.count == record.input[2] && record.deviation.count == record.input[2]
      && record.mean.allSatisfy(\.isFinite) && record.deviation.allSatisfy { $0 > 0 && $0.isFinite }
      && ImageFolder.Options.crops.contains(record.crop)
    guard isUsable else {
      throw FileError(
        path, found: "network \(record.network), input \(record.input) and \(record.mean.count) means",
        expected: "network onnx, a size [H, W, C], classes, a mean and a deviation above 0 per channel")
    }
    self.folder = folder
  }

  /// The model with its scores: a softmax at its end is left out, as predicting takes one.
  func trained() throws -> TrainedModel {
    TrainedModel(
      model: try ONNXModel(scoresOf: file), network: record.network, input: Shape(record.input),
      classNames: record.classNames,
      normalization: Normalization(mean: record.mean, deviation: record.deviation), crop: record.crop,
      reading: ImageReading())
  }

  /// Refuses what only a run of `apus train` can do, with the reason.
  static func refuse(_ argument: String, _ command: String) throws {
    if ModelSource.onnxFile(argument) == nil { return }
    throw ValidationError(
      "\(argument) is an ONNX file, which holds an inference graph: \(command) takes networks of apus zoo and runs of apus train"
    )
  }
}
