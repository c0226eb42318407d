import ApusCore
import ApusInterchange
import ApusSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Everything that training continues from, bit for bit, as ONE safetensors file: tensors under `model.`, `optimizer.` and `kept.`,
/// settings, position, sums and metrics as JSON in the metadata under `apus.training`.
package struct Checkpoint {
  package var settings: TrainingSettings
  package var state: TrainingState
  /// Parameters and buffers.
  package var model: [(name: String, value: Tensor)]
  package var optimizer: [(name: String, value: Tensor)]
  /// Parameters and buffers of the epoch that is kept so far; empty before the first epoch's end.
  package var kept: [(name: String, value: Tensor)]

  private struct Header: Codable {
    var format = 1
    var settings: TrainingSettings
    var state: TrainingState
  }

  static let key = MetadataKey.training

  package func write(to path: String) throws { try write(to: FilePlace(path)) }

  func write(to place: FilePlace) throws {
    let encoder = JSONEncoder.anyNumber
    encoder.outputFormatting = [.sortedKeys]
    let json: Data
    do {
      json = try encoder.encode(Header(settings: settings, state: state))
    } catch {
      fatalError("a checkpoint's state cannot be encoded: \(error)")
    }
    let tensors = [("model.", model), ("optimizer.", optimizer), ("kept.", kept)].flatMap { prefix, tensors in
      tensors.map { (name: prefix + $0.name, value: $0.value) }
    }
    try Safetensors.write(tensors, metadata: [Checkpoint.key: String(decoding: json, as: UTF8.self)], to: place)
  }

  package static func read(_ path: String) throws -> Checkpoint {
    let file = try Safetensors.read(path)
    guard let json = file.metadata[key] else {
      throw FileError(path, part: "metadata", found: "no \(key)", expected: "the state of a training run")
    }
    let header: Header
    do {
      header = try JSONDecoder.anyNumber.decode(Header.self, from: Data(json.utf8))
    } catch {
      throw FileError(
        path, part: "metadata \(key)", found: "no state of a training run (\(JSONProblem.describe(error)))",
        expected: "one that this version wrote")
    }
    var checkpoint = Checkpoint(settings: header.settings, state: header.state, model: [], optimizer: [], kept: [])
    for name in file.order {
      guard let dot = name.firstIndex(of: "."), let value = file.tensors[name] else { continue }
      let entry = (name: String(name[name.index(after: dot)...]), value: value)
      switch name[..<dot] {
      case "model": checkpoint.model.append(entry)
      case "optimizer": checkpoint.optimizer.append(entry)
      case "kept": checkpoint.kept.append(entry)
      default:
        throw FileError(path, part: "tensor \(name)", found: "an unknown kind", expected: "model, optimizer or kept")
      }
    }
    return checkpoint
  }
}

extension [(name: String, value: Tensor)] {
  var byName: [String: Tensor] { Dictionary(map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }) }
}
