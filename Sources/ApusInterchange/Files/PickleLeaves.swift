import ApusSupport

/// The tensors of a pickle by their paths, and the paths of what is none.
///
/// Containers are walked; so are PyTorch's modules, whose parameters and buffers lie in their attributes under names that PyTorch
/// gives, so that a whole model's file has the names of its state dict. Other objects are left alone.
struct PickleLeaves {
  private(set) var tensors: [(name: String, index: Int)] = []
  /// A container without any tensor in it is one; an object has its Python name behind its path.
  private(set) var skipped: [String] = []

  /// A dict can hold itself, or hold another twice that holds another twice: bounds for the depth, the steps of the walk and the
  /// bytes of the names.
  private static let depthLimit = 64
  private static let stepLimit = 1 << 20
  private static let nameByteLimit = 1 << 26

  private let machine: PickleMachine
  private let file: String
  private var names = Set<String>()
  private var steps = 0
  private var nameBytes = 0
  private var plainLists: [Int: Bool] = [:]
  private var plainDictionaries: [Int: Bool] = [:]

  init(of root: PickleValue, in machine: PickleMachine, file: String) throws(FileError) {
    self.machine = machine
    self.file = file
    switch root {
    case .tensor, .dictionary, .list, .tuple, .object: _ = try walk(root, path: "", depth: 0)
    default: throw FileError(file, found: root.kind, expected: "a tensor or a dict of tensors")
    }
    if case .object(let index) = root, tensors.isEmpty {
      throw FileError(
        file, found: "a Python object of \(machine.objects[index].title), which is not instantiated",
        expected: "tensors: torch.save(model.state_dict(), FILE) in Python writes them")
    }
  }

  /// True if a tensor was met.
  private mutating func walk(_ value: PickleValue, path: String, depth: Int) throws(FileError) -> Bool {
    steps += 1
    nameBytes += path.utf8.count
    if depth > Self.depthLimit || steps > Self.stepLimit || nameBytes > Self.nameByteLimit {
      throw FileError(
        file, part: JSONScanner.shown(path), found: "containers in containers without an end in sight",
        expected: "at most \(Self.depthLimit) levels, \(Self.stepLimit) items and \(Self.nameByteLimit) bytes of names")
    }
    switch value {
    case .tensor(let index):
      if !names.insert(path).inserted {
        throw FileError(
          file, part: "tensor \(JSONScanner.shown(path))", found: "a duplicate name", expected: "each name once")
      }
      tensors.append((path, index))
      return true
    case .dictionary(let index):
      if depth > 0, isPlain(dictionary: index) { break }
      return try walk(items(of: index), path, depth)
    case .list(let index), .tuple(let index):
      if depth > 0, isPlain(list: index) { break }
      return try walk(machine.lists[index].enumerated().map { ("\($0.offset)", $0.element) }, path, depth)
    case .object(let index):
      let object = machine.objects[index]
      if let items = object.items { return try walk(self.items(of: items), path, depth) }
      if let parts = moduleParts(of: object) { return try walkModule(parts, path, depth) }
      skipped.append(path.isEmpty ? object.title : "\(path) (\(object.title))")
      return false
    default: break
    }
    skipped.append(path)
    return false
  }

  /// A history of losses may have millions of numbers, each of which would count as a step. Looked through once.
  private mutating func isPlain(list index: Int) -> Bool {
    if let known = plainLists[index] { return known }
    let isPlain = machine.lists[index].allSatisfy(\.isLeaf)
    plainLists[index] = isPlain
    return isPlain
  }

  private mutating func isPlain(dictionary index: Int) -> Bool {
    if let known = plainDictionaries[index] { return known }
    let isPlain = machine.dictionaries[index].allSatisfy(\.value.isLeaf)
    plainDictionaries[index] = isPlain
    return isPlain
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

  /// Modules without parameters, such as activations, are not worth a word.
  private mutating func walkModule(
    _ parts: [(key: String, value: PickleValue)], _ path: String, _ depth: Int
  ) throws(FileError) -> Bool {
    let before = skipped.count
    let hasTensor = try walk(parts, path, depth)
    if !hasTensor { skipped.removeLast(skipped.count - before) }
    return hasTensor
  }

  private func items(of dictionary: Int) -> [(key: String, value: PickleValue)] {
    machine.dictionaries[dictionary].map { (Self.key($0.key), $0.value) }
  }

  /// Parameters, buffers and modules of a `torch.nn.Module`; `nil` if the object is none.
  private mutating func moduleParts(of object: PickledObject) -> [(key: String, value: PickleValue)]? {
    guard case .dictionary(let state) = object.state else { return nil }
    // One object can be met any number of times, and what is looked through here is not walked.
    steps += machine.dictionaries[state].count
    var parts: [(key: String, value: PickleValue)] = []
    for name in ["_parameters", "_buffers", "_modules"] {
      let values = machine.dictionaries[state].last { pair in
        if case .text(name) = pair.key { true } else { false }
      }
      guard case .dictionary(let place) = values?.value, steps <= Self.stepLimit else { return nil }
      steps += machine.dictionaries[place].count
      parts += items(of: place).filter { part in
        // A layer without a bias has it as None.
        if case .none = part.value { false } else { true }
      }
    }
    return parts
  }

  private static func key(_ value: PickleValue) -> String {
    switch value {
    case .text(let text): text
    case .integer(let number): "\(number)"
    default: value.kind
    }
  }
}
