#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Where a run's data come from, as users write it: `digits` or `mnist:FOLDER`.
public struct DataSource: Hashable, Sendable, CustomStringConvertible {
  private enum Kind: Hashable, Sendable {
    case digits
    case mnist(folder: String)
  }
  private let kind: Kind

  /// Throws where the text names no data; a relative folder is one of the current folder.
  public init(_ text: String) throws(DataError) {
    if text == "digits" {
      kind = .digits
    } else if text.hasPrefix("mnist:"), text.count > "mnist:".count {
      let folder = String(text.dropFirst("mnist:".count))
      kind = .mnist(folder: folder.hasPrefix("/") ? folder : FileManager.default.currentDirectoryPath + "/" + folder)
    } else {
      throw DataError("--data", found: "\"\(text)\"", expected: "digits or mnist:FOLDER")
    }
  }

  /// The same text that makes it, with an absolute folder.
  public var description: String {
    switch kind {
    case .digits: "digits"
    case .mnist(let folder): "mnist:\(folder)"
    }
  }

  /// For titles.
  public var name: String {
    switch kind {
    case .digits: "UCI handwritten digits"
    case .mnist: "MNIST"
    }
  }

  public func load() throws -> DataSplits {
    switch kind {
    case .digits: Digits.load()
    case .mnist(let folder): try MNIST.load(folder: folder)
    }
  }
}
