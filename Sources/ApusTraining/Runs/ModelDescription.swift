import ApusCore
import ApusInterchange
import ApusSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the file of a run's model says of it: JSON in the metadata of a safetensors file, under a key of its kind.
struct ModelDescription<Header: Codable> {
  let header: Header
  let tensors: [String: Tensor]
  /// Names the description in errors.
  let part: String

  /// The metadata of a file to be written.
  static func metadata(_ header: Header, under key: String) -> [String: String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do {
      return ["format": "pt", key: String(decoding: try encoder.encode(header), as: UTF8.self)]
    } catch {
      fatalError("a model's description cannot be encoded: \(error)")
    }
  }

  /// `nil` for a file of another kind.
  ///
  /// - Throws: `FileError` if the file or the description is damaged.
  init?(of path: String, under key: String) throws {
    let bytes = try File.contents(of: path)
    guard case .safetensors? = try? WeightsFormat(bytes, file: path) else { return nil }
    try self.init(in: Safetensors.decodeReadable(bytes, file: path).content, of: path, under: key)
  }

  /// The same of a file that has been read; `path` is named in errors.
  init?(in file: SafetensorsFile, of path: String, under key: String) throws {
    guard let json = file.metadata[key] else { return nil }
    part = "metadata \(key)"
    tensors = file.tensors
    do {
      header = try JSONDecoder().decode(Header.self, from: Data(json.utf8))
    } catch {
      throw FileError(
        path, part: part, found: "no description of a model (\(JSONProblem.describe(error)))",
        expected: "one that apus wrote")
    }
  }
}
