/// Reading of the files that PyTorch's `torch.save` writes (`.pth`, `.pt`; the ZIP format, since PyTorch 1.6), such as state dicts.
///
/// Such a file is a pickle, a program that in Python can do anything. Here nothing is executed: tensors, numbers, texts and
/// containers of them are built as data, and any Python name beyond these is an error. Layouts and names are PyTorch's own: filters
/// `[out, in/groups, KH, KW]`, matrices `[out, in]`. float16 and bfloat16 become float32, int64 int32 where every value fits,
/// other small integers int32, bool uint8, as from a safetensors file.
public enum PyTorchFile {
  /// Reads the file at `path`.
  ///
  /// Throws where anything in it is not as the format says, where it names code, and for the older format without ZIP.
  /// - Returns: the tensors in the order of the file; in nested dicts and lists the name is the path, joined by points
  ///   (`state_dict.conv1.weight`), and a tensor that is alone in its file has the name "". `skipped` has the paths of what is no
  ///   tensor, a container without any tensor in it as one.
  public static func read(
    _ path: String
  ) throws(FileError) -> (tensors: [(name: String, value: Tensor)], skipped: [String]) {
    try decode(File.contents(of: path), file: path)
  }

  /// The content of `bytes`; `file` is named in errors.
  public static func decode(
    _ bytes: [UInt8], file: String
  ) throws(FileError) -> (tensors: [(name: String, value: Tensor)], skipped: [String]) {
    if bytes.first == 0x80 {
      throw FileError(
        file, found: "a pickle without ZIP around it, the format before PyTorch 1.6",
        expected: "the newer one: torch.save(torch.load(FILE, weights_only=True), NEW_FILE) in Python writes it")
    }
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

  /// The tensors that `pickle` describes.
  /// - Parameters:
  ///   - limit: bytes of the file.
  ///   - storage: the numbers under a key, if there are any.
  static func tensors(
    _ pickle: ArraySlice<UInt8>, file: String, part: String, limit: Int,
    storage: (String) throws(FileError) -> ArraySlice<UInt8>?
  ) throws(FileError) -> (tensors: [(name: String, value: Tensor)], skipped: [String]) {
    var machine = PickleMachine(pickle, file: file, part: part)
    let root = try machine.run()
    let leaves = try PickleLeaves(of: root, in: machine, file: file)
    var builder = PickledTensorBuilder(file: file, fileBytes: limit)
    var tensors: [(name: String, value: Tensor)] = []
    for (name, index) in leaves.tensors {
      let value = try builder.tensor(index, machine.tensors[index], name: name, storage)
      tensors.append((name, value))
    }
    return (tensors, leaves.skipped)
  }

  /// The one folder in which everything lies.
  private static func folder(of archive: ZipArchive, _ file: String) throws(FileError) -> String {
    let pickles = archive.entries.filter { $0.name.hasSuffix("/data.pkl") && $0.name.count { $0 == "/" } == 1 }
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

/// The tensors of a pickle by their paths, and the paths of what is none.
private struct PickleLeaves {
  private(set) var tensors: [(name: String, index: Int)] = []
  private(set) var skipped: [String] = []

  /// A dict can hold itself, or hold another twice that holds another twice: bounds for the depth, the steps of the walk and the
  /// bytes of the names.
  private static let depthLimit = 32
  private static let stepLimit = 1 << 20
  private static let nameByteLimit = 1 << 26

  private let machine: PickleMachine
  private let file: String
  private var names = Set<String>()
  private var steps = 0
  private var nameBytes = 0

  init(of root: PickleValue, in machine: PickleMachine, file: String) throws(FileError) {
    self.machine = machine
    self.file = file
    switch root {
    case .tensor, .dictionary, .list, .tuple: _ = try walk(root, path: "", depth: 0)
    default: throw FileError(file, found: root.kind, expected: "a tensor or a dict of tensors")
    }
  }

  /// True where a tensor was met.
  private mutating func walk(_ value: PickleValue, path: String, depth: Int) throws(FileError) -> Bool {
    steps += 1
    nameBytes += path.utf8.count
    if depth > PickleLeaves.depthLimit || steps > PickleLeaves.stepLimit || nameBytes > PickleLeaves.nameByteLimit {
      throw FileError(
        file, part: JSONScanner.shown(path), found: "containers in containers without an end in sight",
        expected:
          "at most \(PickleLeaves.depthLimit) levels, \(PickleLeaves.stepLimit) items and \(PickleLeaves.nameByteLimit) bytes of names"
      )
    }
    switch value {
    case .tensor(let index):
      if !names.insert(path).inserted {
        throw FileError(file, part: "tensor \(JSONScanner.shown(path))", found: "the name twice", expected: "it once")
      }
      tensors.append((path, index))
      return true
    case .dictionary(let index):
      return try walk(machine.dictionaries[index].map { (PickleLeaves.key($0.key), $0.value) }, path, depth)
    case .list(let index), .tuple(let index):
      return try walk(machine.lists[index].enumerated().map { ("\($0.offset)", $0.element) }, path, depth)
    default:
      skipped.append(path)
      return false
    }
  }

  private mutating func walk(
    _ items: [(key: String, value: PickleValue)], _ path: String, _ depth: Int
  ) throws(FileError) -> Bool {
    let before = skipped.count
    var hasTensor = false
    for (key, value) in items {
      if try walk(value, path: depth == 0 ? key : "\(path).\(key)", depth: depth + 1) { hasTensor = true }
    }
    if !hasTensor && depth > 0 {
      skipped.removeLast(skipped.count - before)
      skipped.append(path)
    }
    return hasTensor
  }

  private static func key(_ value: PickleValue) -> String {
    switch value {
    case .text(let text): text
    case .integer(let number): "\(number)"
    default: value.kind
    }
  }
}
