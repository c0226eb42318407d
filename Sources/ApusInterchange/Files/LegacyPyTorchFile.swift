import ApusSupport

/// The format of `torch.save` before PyTorch 1.6, still written with `_use_new_zipfile_serialization=False`: pickles of a magic
/// number, of a version, of the machine's byte order and of the value itself; a pickle of the storages' keys; then each storage, the
/// number of its elements as an int64 before them.
package enum LegacyPyTorchFile {
  private static let version = 1001
  /// The content of `bytes`; `file` is named in errors.
  static func decode(_ bytes: [UInt8], file: String) throws(FileError) -> PyTorchFile.Content {
    var rest = bytes[...]
    _ = try next(&rest, "magic number", file)
    guard case .integer(version) = try next(&rest, "version", file).value else {
      throw FileError(file, part: "version", found: "another one", expected: "\(version), as PyTorch writes")
    }
    try checkByteOrder(try next(&rest, "machine", file), file)
    let (root, machine) = try next(&rest, "pickle", file)
    let keys = try keys(try next(&rest, "keys", file), file)
    let storages = try storages(&rest, keys, machine, file)
    return try PyTorchFile.tensors(of: root, in: machine, file: file, limit: bytes.count) { storages[$0] }
  }

  /// The value of the pickle at the start of `rest`, which then begins after it.
  private static func next(
    _ rest: inout ArraySlice<UInt8>, _ part: String, _ file: String
  ) throws(FileError) -> (value: PickleValue, machine: PickleMachine) {
    var machine = PickleMachine(rest, file: file, part: part)
    let value = try machine.runFirst()
    rest = rest.dropFirst(machine.byteCount)
    return (value, machine)
  }

  private static func checkByteOrder(
    _ description: (value: PickleValue, machine: PickleMachine), _ file: String
  ) throws(FileError) {
    if case .dictionary(let place) = description.value {
      for case (.text("little_endian"), .boolean(true)) in description.machine.dictionaries[place] { return }
    }
    throw FileError(file, part: "machine", found: "numbers that are not little-endian", expected: "little_endian: True")
  }

  private static func keys(
    _ list: (value: PickleValue, machine: PickleMachine), _ file: String
  ) throws(FileError) -> [String] {
    func refusal(_ found: String) -> FileError {
      FileError(file, part: "keys", found: found, expected: "a list of texts")
    }
    guard case .list(let place) = list.value else { throw refusal(list.value.kind) }
    var keys: [String] = []
    for value in list.machine.lists[place] {
      guard case .text(let key) = value else { throw refusal("\(value.kind) in it") }
      keys.append(key)
    }
    return keys
  }

  /// The numbers under each key, in the order of the file.
  private static func storages(
    _ rest: inout ArraySlice<UInt8>, _ keys: [String], _ machine: PickleMachine, _ file: String
  ) throws(FileError) -> [String: ArraySlice<UInt8>] {
    var described: [String: PickledStorage] = [:]
    for storage in machine.storages { described[storage.key] = storage }
    var result: [String: ArraySlice<UInt8>] = [:]
    var reader = ByteReader(rest)
    for key in keys {
      let part = "storage " + JSONScanner.shown(key)
      func refusal(_ found: String, _ expected: String) -> FileError {
        FileError(file, part: part, found: found, expected: expected)
      }
      guard let storage = described[key] else { throw refusal("no description in the pickle", "one") }
      guard let width = storage.elements.byteCount else {
        throw refusal("elements of \(JSONScanner.shown(storage.elements.name))", "a type of a known size")
      }
      if result[key] != nil { throw refusal("a duplicate key", "each key once") }
      guard let count = reader.next(UInt64.self) else { throw ended(file, part) }
      if count != storage.count { throw refusal("\(count) elements", "\(storage.count), as the pickle says") }
      let (size, overflow) = storage.count.multipliedReportingOverflow(by: width)
      guard !overflow, let bytes = reader.take(size) else { throw ended(file, part) }
      result[key] = bytes
    }
    if reader.remaining > 0 {
      throw FileError(
        file, found: "\(reader.remaining) bytes after its \(keys.count) storages", expected: "the file's end")
    }
    return result
  }

  private static func ended(_ file: String, _ part: String) -> FileError {
    FileError(file, part: part, found: "the end of the file in it: the file is truncated", expected: "the whole file")
  }
}
