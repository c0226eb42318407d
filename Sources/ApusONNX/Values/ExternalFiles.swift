import Apus

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The files beside a model that hold its larger tensors. Nothing outside of the model's folder is read: no absolute path, no `..`, and
/// no link that leads out.
final class ExternalFiles {
  private let model: String
  private var contents: [String: [UInt8]] = [:]

  init(of model: String) { self.model = model }

  /// - Parameters:
  ///   - entries: `location`, and `offset` and `length` where the tensor is not the whole file.
  ///   - count: the tensor's bytes.
  func bytes(_ entries: [String: String], count: Int, part: String) throws(FileError) -> ArraySlice<UInt8> {
    func problem(_ found: String, _ expected: String) -> FileError {
      FileError(model, part: part, found: found, expected: expected)
    }
    guard let location = entries["location"], !location.isEmpty else {
      throw problem("external elements without a location", "the name of a file beside the model")
    }
    let all = try read(location, part)
    guard let offset = Int(entries["offset"] ?? "0"), offset >= 0, offset <= all.count else {
      throw problem("offset \(NodeNames.quoted(entries["offset"] ?? "")) in \(all.count) bytes", "a place in the file")
    }
    guard let length = Int(entries["length"] ?? "\(count)"), length == count, length <= all.count - offset else {
      throw problem(
        "\(NodeNames.quoted(entries["length"] ?? "\(count)")) bytes at \(offset) of \(all.count)",
        "\(count) in the file")
    }
    return all[offset..<offset + length]
  }

  private func read(_ location: String, _ part: String) throws(FileError) -> [UInt8] {
    if let known = contents[location] { return known }
    let folder = model.lastIndex(of: "/").map { String(model[...$0]) } ?? "./"
    let isInside = !location.hasPrefix("/") && !location.split(separator: "/").contains("..")
    guard isInside, !location.utf8.contains(0), let base = ExternalFiles.resolved(folder) else {
      throw FileError(
        model, part: part, found: "external elements in \(NodeNames.quoted(location))",
        expected: "a file beside the model")
    }
    let path = folder + location
    if let whole = ExternalFiles.resolved(path), !whole.hasPrefix(base == "/" ? base : base + "/") {
      throw FileError(
        model, part: part, found: "\(NodeNames.quoted(location)), a link that leads out of the folder",
        expected: "a file beside the model")
    }
    let bytes = try File.contents(of: path)
    contents[location] = bytes
    return bytes
  }

  /// The path without links; `nil` where there is nothing.
  private static func resolved(_ path: String) -> String? {
    guard let pointer = realpath(path, nil) else { return nil }
    defer { free(pointer) }
    return String(cString: pointer)
  }
}
