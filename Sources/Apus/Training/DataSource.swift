#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Where a run's data come from, as users write it: `digits`, `mnist:FOLDER` or `cifar10:FOLDER`.
public struct DataSource: Hashable, Sendable, CustomStringConvertible {
  private enum Kind: Hashable, Sendable {
    case digits
    case mnist(folder: String)
    case cifar10(folder: String)
  }
  private let kind: Kind

  /// Throws where the text names no data; a relative folder is one of the current folder.
  public init(_ text: String) throws(DataError) {
    if text == "digits" {
      kind = .digits
    } else if let folder = DataSource.folder(of: text, after: "mnist:") {
      kind = .mnist(folder: folder)
    } else if let folder = DataSource.folder(of: text, after: "cifar10:") {
      kind = .cifar10(folder: folder)
    } else {
      throw DataError("--data", found: "\"\(text)\"", expected: "digits, mnist:FOLDER or cifar10:FOLDER")
    }
  }

  private static func folder(of text: String, after prefix: String) -> String? {
    guard text.hasPrefix(prefix), text.count > prefix.count else { return nil }
    let folder = String(text.dropFirst(prefix.count))
    return folder.hasPrefix("/") ? folder : FileManager.default.currentDirectoryPath + "/" + folder
  }

  /// The same text that makes it, with an absolute folder.
  public var description: String {
    switch kind {
    case .digits: "digits"
    case .mnist(let folder): "mnist:\(folder)"
    case .cifar10(let folder): "cifar10:\(folder)"
    }
  }

  /// For titles.
  public var name: String {
    switch kind {
    case .digits: "UCI handwritten digits"
    case .mnist: "MNIST"
    case .cifar10: "CIFAR-10"
    }
  }

  public func load() throws -> DataSplits {
    switch kind {
    case .digits: Digits.load()
    case .mnist(let folder): try MNIST.load(folder: folder)
    case .cifar10(let folder): try CIFAR10.load(folder: folder)
    }
  }
}
