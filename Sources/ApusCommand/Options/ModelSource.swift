import Apus
import ArgumentParser

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a user names where a trained model is wanted: the folder of a run, a file of that folder, or a model's file anywhere.
struct ModelSource {
  let argument: String
  /// The folder of the run, and the model's file.
  let files: RunFiles

  init(_ argument: String) {
    self.argument = argument
    files = RunFiles(at: argument)
  }

  var file: String { files.model }

  /// Whether there is something of that name, so that it is not meant as the name of a network.
  static func exists(_ argument: String) -> Bool { FileManager.default.fileExists(atPath: argument) }

  /// The path of the ONNX file that is meant: a file of that extension, or that of a folder that `apus import` made; `nil` for
  /// anything else.
  static func onnxFile(_ argument: String) -> String? {
    if argument.hasSuffix(".onnx") { return argument }
    let inFolder = argument + "/" + onnxName
    return FileManager.default.fileExists(atPath: inFolder) ? inFolder : nil
  }

  /// Refuses an ONNX file where a folder is wanted, which says what the network takes and what its scores are of.
  static func refuseFile(_ argument: String) throws {
    if !argument.hasSuffix(".onnx") { return }
    throw ValidationError(
      "\(argument) is an ONNX file: apus import \(argument) --out FOLDER makes a folder of it for this command")
  }

  /// The file in a folder that `apus import` made.
  static let onnxName = "model.onnx"

  /// The model with its weights.
  func read() throws -> TrainedModel {
    if let imported = try ImportedModel(argument) { return try imported.trained() }
    try check()
    return try TrainedModel.read(file)
  }

  /// - Throws: if there is no model, with what is there instead.
  func check() throws {
    if try ImportedModel(argument) != nil { return }
    try ModelSource.refuseFile(argument)
    if ModelSource.exists(file) { return }
    if !ModelSource.exists(argument) {
      if (try? NetworkCatalogue.entry(argument)) != nil {
        throw ValidationError("\(argument) has no weights of its own: give --weights FILE, or a run")
      }
      throw FileError(argument, found: "nothing there", expected: "the folder of a run, or its model.safetensors")
    }
    if ModelSource.exists(files.record) {
      throw FileError(
        file, found: "no model yet", expected: "a run with one finished epoch: apus train --resume \(argument)")
    }
    throw FileError(file, found: "no such file in the folder", expected: "the folder of a run")
  }
}
