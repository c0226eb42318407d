import ApusCore
import ApusData
import ApusInterchange
import ApusLayers
import ApusNetworks
import ApusSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A file of initial values, all of it from one read.
struct InitialWeights {
  let file: WeightsFile
  /// Of the bytes that `file` was made of.
  let fingerprint: String
  /// Of a run's model.
  let origin: TrainedModel.Origin?
}

extension RunRecord.Initial {
  /// Of a request; a relative path is one of the current folder.
  init(file: String, newHead: Bool, prefix: String?) {
    let file = WeightsFile.place(file)
    self.init(
      file: file.hasPrefix("/") ? file : FileManager.default.currentDirectoryPath + "/" + file, fingerprint: nil,
      newHead: newHead, prefix: prefix, matched: nil, head: nil, fileClasses: nil)
  }

  /// One line: where values come from, and what is drawn anew.
  package func summary(classes: Int) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    let values = "\(matched ?? 0) tensors of \(name)"
    guard let head, let first = head.first else { return values }
    let layers = Set(head.map(ModelWalk.parent)).sorted().joined(separator: ", ")
    let change =
      fileClasses.map { $0 == classes ? "\(classes) classes" : "\($0) → \(classes) classes" } ?? "\(classes) classes"
    return "\(values); \(layers.isEmpty ? first : layers): \(change), drawn anew"
  }

  /// The file's weights.
  ///
  /// - Throws: `FileError` also if the file is not the one that was read when the run began.
  func read() throws -> InitialWeights {
    let bytes = try File.contents(of: file)
    let found = Fingerprint.text(of: bytes)
    if let fingerprint, fingerprint != found {
      throw FileError(
        file, found: "another content than when the run began (\(found))", expected: "the same file (\(fingerprint))")
    }
    return InitialWeights(
      file: try WeightsFile.decode(bytes, file: file, prefix: prefix), fingerprint: found,
      origin: try TrainedModel.origin(in: bytes, file))
  }

  /// Gives the model the file's values. The classifier keeps its own, drawn from the seed, where the file's has another number of
  /// classes, or other classes, as far as the file names them.
  ///
  /// - Returns: what is to be recorded.
  /// - Throws: `WeightsError` with the receipt where they do not fit.
  func load(
    _ weights: InitialWeights, into model: any Layer, _ network: String, _ data: DataSplits
  ) throws -> RunRecord.Initial {
    var record = self
    let classes = try NetworkCatalogue.classes(of: network, in: weights.file)
    let names = weights.origin?.classNames ?? data.classNames
    let isNew = newHead || (classes.map { $0 != data.classNames.count } ?? false) || names != data.classNames
    let head = isNew ? try NetworkCatalogue.headPaths(of: network, input: data.imageShape) : []
    let receipt = try model.load(weights.file, input: Shape([1] + data.imageShape)) { head.contains($0) }
    record.fingerprint = weights.fingerprint
    record.matched = receipt.matched.count
    record.notes = receipt.notes.isEmpty ? nil : receipt.notes
    record.head = head
    record.fileClasses = classes
    return record
  }
}

extension MatchedParts {
  /// Of a model with so many numbers in its parameters.
  package func summary(of scalars: Int) -> String {
    let statistics = buffers.isEmpty ? "" : " and \(buffers.count.grouped) running statistics"
    return "\(parameters.count.grouped) parameters with \(scalarCount.grouped) of \(scalars.grouped) numbers"
      + statistics
  }
}

extension NetworkCatalogue {
  /// Paths of the parameters whose shapes depend on the number of classes, those of auxiliary classifiers too; none where the number
  /// is fixed.
  package static func headPaths(of name: String, input: Shape) throws(NetworkError) -> [String] {
    let usual = try entry(name).usualClasses
    if try entry(name).refusal(input, usual + 1) != nil { return [] }
    let few = try outline(name, input: input, classes: usual).parameters
    let more = try outline(name, input: input, classes: usual + 1).parameters
    return zip(few, more).filter { $0.parameter.shape != $1.parameter.shape }.map(\.0.path)
  }
}
