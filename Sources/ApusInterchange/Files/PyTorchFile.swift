import ApusCore
import ApusSupport

/// Reading of the files that PyTorch's `torch.save` writes, such as state dicts: the ZIP format, and the one before PyTorch 1.6.
///
/// Such a file is a pickle, a program that in Python can do anything. Here nothing is executed: tensors, numbers, texts and
/// containers of them are built as data, and what Python would make by running code is listed and left out. Layouts and names are
/// PyTorch's own: filters `[out, in/groups, KH, KW]`, matrices `[out, in]`. float16 and bfloat16 become float32, other small integers
/// int32, bool uint8, as from a safetensors file; int64 becomes int32 where every value fits and is left out elsewhere.
public enum PyTorchFile {
  /// What a file holds.
  public struct Content: Sendable {
    /// In the order of the file. In nested dicts and lists the name is the path, joined by points (`state_dict.conv1.weight`); a
    /// tensor that is alone in its file has the name "".
    public package(set) var tensors: [(name: String, value: Tensor)] = []
    /// Paths of what is not a tensor, a container without any tensor in it as one; behind an object's path its Python name.
    package var skipped: [String] = []
    /// The dtypes of tensors that became another scalar type, by name: `BF16`.
    package var convertedTypes: [String: String] = [:]
  }

  /// Reads the file at `path`. Throws if anything in it is not as the format says.
  public static func read(_ path: String) throws(FileError) -> Content {
    try decode(File.contents(of: path), file: path)
  }

  /// The content of `bytes`; `file` is named in errors.
  package static func decode(_ bytes: [UInt8], file: String) throws(FileError) -> Content {
    if FileKind.isLegacyPyTorch(bytes) { return try LegacyPyTorchFile.decode(bytes, file: file) }
    let archive = try ZipArchive(bytes, file: file)
    var entries: [String: ZipArchive.Entry] = [:]
    for entry in archive.entries { entries[entry.name] = entry }
    let folder = try folder(of: archive, file)
    // PyTorch stores without compression, so that deflated entries are never larger than the file should be.
    let limit = bytes.count
    if let entry = entries["\(folder)/byteorder"] {
      let order = String(decoding: try archive.contents(of: entry, limit: limit), as: UTF8.self)
      if order != "little" {
        throw FileError(file, part: entry.title, found: JSONScanner.shown(order), expected: "\"little\"")
      }
    }
    guard let pickle = entries["\(folder)/data.pkl"] else { fatalError("\(folder)/data.pkl was there") }
    return try tensors(try archive.contents(of: pickle, limit: limit), file: file, part: pickle.title, limit: limit) {
      (key) throws(FileError) in
      guard let entry = entries["\(folder)/data/\(key)"] else { return nil }
      return try archive.contents(of: entry, limit: limit)
    }
  }

  /// True if the archive is one of PyTorch's.
  static func holds(_ archive: ZipArchive) -> Bool { archive.entries.contains { isPickle($0.name) } }

  private static func isPickle(_ name: String) -> Bool {
    name.hasSuffix("/data.pkl") && name.first != "/" && name.count { $0 == "/" } == 1
  }

  /// The tensors that `pickle` describes.
  /// - Parameters:
  ///   - limit: bytes of the file.
  ///   - storage: the numbers under a key, if there are any.
  static func tensors(
    _ pickle: ArraySlice<UInt8>, file: String, part: String, limit: Int,
    storage: (String) throws(FileError) -> ArraySlice<UInt8>?
  ) throws(FileError) -> Content {
    var machine = PickleMachine(pickle, file: file, part: part)
    let root = try machine.run()
    return try tensors(of: root, in: machine, file: file, limit: limit, storage: storage)
  }

  /// The tensors in the value `root` of a pickle.
  static func tensors(
    of root: PickleValue, in machine: PickleMachine, file: String, limit: Int,
    storage: (String) throws(FileError) -> ArraySlice<UInt8>?
  ) throws(FileError) -> Content {
    let leaves = try PickleLeaves(of: root, in: machine, file: file)
    var builder = PickledTensorBuilder(file: file, fileBytes: limit)
    var content = Content(skipped: leaves.skipped)
    for (name, index) in leaves.tensors {
      let tensor = machine.tensors[index]
      guard let value = try builder.tensor(index, tensor, name: name, storage) else {
        content.skipped.append("\(name) (int64 beyond the range of int32)")
        continue
      }
      content.tensors.append((name, value))
      if StoredType(value.scalarType) != tensor.type { content.convertedTypes[name] = tensor.type.rawValue }
    }
    return content
  }

  /// The one folder in which everything lies.
  private static func folder(of archive: ZipArchive, _ file: String) throws(FileError) -> String {
    let pickles = archive.entries.filter { isPickle($0.name) }
    guard pickles.count == 1, let folder = pickles[0].name.split(separator: "/").first.map(String.init) else {
      throw FileError(
        file, found: "\(pickles.count) entries NAME/data.pkl in a ZIP file", expected: "one, as torch.save writes")
    }
    if archive.entries.contains(where: { $0.name == "\(folder)/constants.pkl" }) {
      throw FileError(
        file, found: "a TorchScript program",
        expected: "tensors: torch.save(model.state_dict(), FILE) in Python writes them")
    }
    return folder
  }
}
