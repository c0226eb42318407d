import ApusData
import ApusSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `split.csv` of a run: which part each image file went into. A line a file:
///
///     part,label,bytes,fingerprint,path
///     test,0,1834,9c1f0a5b3d2e4f67,cat/1.jpg
///
/// The path is below the data's folder and is quoted where it has a comma, a quote or the end of a line in it (RFC 4180).
package enum RunSplit {
  private static let header = "part,label,bytes,fingerprint,path"

  package static func csv(_ files: [DataFile]) -> String {
    var text = header + "\n"
    for file in files {
      let needsQuotes = file.path.utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }
      let path =
        needsQuotes
        ? "\"" + file.path.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        : file.path
      text += "\(file.part.rawValue),\(file.label),\(file.content.byteCount),"
      text += "\(Fingerprint.text(of: file.content.fingerprint)),\(path)\n"
    }
    return text
  }

  package static func read(_ path: String, classes: Int) throws(FileError) -> [DataFile] {
    var scanner = Scanner(bytes: try File.contents(of: path), file: path, classes: classes)
    return try scanner.files()
  }

  private struct Scanner {
    let bytes: [UInt8]
    let file: String
    let classes: Int
    private var offset = 0
    private var line = 1

    init(bytes: [UInt8], file: String, classes: Int) {
      (self.bytes, self.file, self.classes) = (bytes, file, classes)
    }

    mutating func files() throws(FileError) -> [DataFile] {
      if field(until: 10) != RunSplit.header { throw damaged("another first line", RunSplit.header) }
      var files: [DataFile] = []
      while offset < bytes.count {
        line += 1
        guard let part = DataPart(rawValue: field(until: UInt8(ascii: ","))) else {
          throw damaged("no part", "training, validation or test")
        }
        guard let label = Int(field(until: UInt8(ascii: ","))), (0..<classes).contains(label) else {
          throw damaged("no label", "0...\(classes - 1)")
        }
        guard let byteCount = Int(field(until: UInt8(ascii: ","))), byteCount >= 0 else {
          throw damaged("no size", "a number of bytes")
        }
        guard let fingerprint = UInt64(field(until: UInt8(ascii: ",")), radix: 16) else {
          throw damaged("no fingerprint", "16 hexadecimal digits")
        }
        let path = try path()
        if path.isEmpty { throw damaged("no path", "one") }
        files.append(
          DataFile(
            part: part, label: label, path: path, content: .init(byteCount: byteCount, fingerprint: fingerprint)))
      }
      return files
    }

    /// Up to a byte, which is passed over, or to the end.
    private mutating func field(until end: UInt8) -> String {
      let start = offset
      while offset < bytes.count && bytes[offset] != end { offset += 1 }
      defer { offset += 1 }
      return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func path() throws(FileError) -> String {
      let quote = UInt8(ascii: "\"")
      if offset >= bytes.count || bytes[offset] != quote { return field(until: 10) }
      var path: [UInt8] = []
      offset += 1
      while offset < bytes.count {
        if bytes[offset] == quote {
          offset += 1
          if offset >= bytes.count || bytes[offset] != quote { break }
        }
        path.append(bytes[offset])
        offset += 1
      }
      if !field(until: 10).isEmpty { throw damaged("something after the path", "the end of the line") }
      return String(decoding: path, as: UTF8.self)
    }

    private func damaged(_ found: String, _ expected: String) -> FileError {
      FileError(file, part: "record \(line)", found: found, expected: expected)
    }
  }
}
