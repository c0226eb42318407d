import ApusCore
import ApusSupport

/// Tensors by name in one file, in numpy's npz format: a ZIP file of npy files. What each of them may hold is `Npy`'s matter.
public enum Npz {
  /// Reads the file at `path`, as written by `numpy.savez` or `numpy.savez_compressed`: the tensors in the order of the file, their
  /// names without `.npy`.
  ///
  /// Throws if anything in it is not as the formats say.
  /// - Parameter limit: bytes that deflated entries may decode to, all together: a small file can decode to a thousand times its size.
  public static func read(_ path: String, limit: Int = 1 << 32) throws(FileError) -> [(name: String, value: Tensor)] {
    try decode(File.contents(of: path), limit: limit, file: path)
  }

  /// The tensors in `bytes`; `file` is named in errors.
  package static func decode(
    _ bytes: [UInt8], limit: Int = 1 << 32, file: String
  ) throws(FileError) -> [(name: String, value: Tensor)] {
    var skipped: [String]?
    return try typed(bytes, limit: limit, file: file, skipped: &skipped).map { ($0.name, $0.value) }
  }

  /// The same with the types of the elements in the file.
  /// - Parameter skipped: gets the names of arrays of other dtypes, such as texts; an error if it is `nil`.
  static func typed(
    _ bytes: [UInt8], limit: Int = 1 << 32, file: String, skipped: inout [String]?
  ) throws(FileError) -> [(name: String, value: Tensor, type: StoredType)] {
    let archive = try ZipArchive(bytes, file: file)
    var rest = limit
    var tensors: [(name: String, value: Tensor, type: StoredType)] = []
    for entry in archive.entries {
      if !entry.name.hasSuffix(ending) {
        throw FileError(file, part: entry.title, found: "a name without \(ending) at its end", expected: "arrays alone")
      }
      let content = try archive.contents(of: entry, limit: rest)
      if entry.isDeflated { rest -= entry.size }
      let name = String(entry.name.dropLast(ending.count))
      if skipped != nil, let dtype = NpyHeader.otherType(content) {
        skipped?.append("\(name) (\(dtype))")
        continue
      }
      let (tensor, type) = try Npy.typed(content, file: file, part: entry.title)
      tensors.append((name, tensor, type))
    }
    return tensors
  }

  /// Writes `tensors` in their order to the file at `path` atomically, without compression, as `numpy.savez` does.
  ///
  /// Traps if two tensors have the same name.
  public static func write(_ tensors: [(name: String, value: Tensor)], to path: String) throws {
    let file = try AtomicFile.Writer(path)
    var archive = ZipWriter { (bytes) throws(FileError) in try file.append(bytes) }
    for (name, value) in tensors {
      let header = NpyHeader.encoded(value.scalarType, value.shape)
      try header.withUnsafeBytes { header in
        try value.withUnsafeBytes { try archive.append(name + ending, [header, $0]) }
      }
    }
    try archive.finish()
    try file.commit()
  }

  static let ending = ".npy"
}
