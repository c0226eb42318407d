/// Reads the pickles that `torch.save` writes (Python's pickletools.py describes the opcodes). It builds data and calls nothing:
/// a name outside `PickleGlobal` and an opcode that PyTorch does not use are errors.
///
/// Memory is in proportion to the pickle: an opcode moves values or adds a few; where one copies many, that is bounded. Nothing here
/// recurses.
struct PickleMachine {
  /// The most bytes a pickle may have: those of the largest models have about a megabyte.
  static let byteLimit = 1 << 24

  /// Items of tuples and lists, by their places in `PickleValue`.
  private(set) var lists: [[PickleValue]] = []
  private(set) var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  private(set) var tensors: [PickledTensor] = []
  private var storages: [PickledStorage] = []

  private let file: String
  private let part: String
  private var reader: ByteReader
  private var stack: [PickleValue] = []
  /// Heights of the stack at the marks.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  /// Pairs that were copied from lists to dicts.
  private var copied = 0
  /// Where the opcode in work began.
  private var start = 0

  /// - Parameters:
  ///   - bytes: the pickle.
  ///   - part: the part of `file` that it is, as errors name it.
  init(_ bytes: ArraySlice<UInt8>, file: String, part: String) {
    reader = ByteReader(bytes)
    self.file = file
    self.part = part
  }

  /// Runs to the end of the pickle: the value that it stands for.
  mutating func run() throws(FileError) -> PickleValue {
    if reader.remaining > PickleMachine.byteLimit {
      throw FileError(
        file, part: part, found: "\(reader.remaining) bytes of pickle", expected: "at most \(PickleMachine.byteLimit)")
    }
    while true {
      start = reader.offset
      let opcode = try next(UInt8.self)
      // STOP
      if opcode == UInt8(ascii: ".") { break }
      if try !runLiteral(opcode) { try runStructure(opcode) }
    }
    let result = try pop()
    if !stack.isEmpty || !marks.isEmpty || reader.remaining > 0 {
      throw refusal(
        "\(stack.count) values and \(reader.remaining) bytes left at its end", "one value and nothing after it")
    }
    return result
  }

  func refusal(_ found: String, _ expected: String) -> FileError {
    FileError(file, part: "\(part), byte \(start)", found: found, expected: expected)
  }

  // MARK: Opcodes

  /// Opcodes that push a value of their own; false where it is none of them.
  private mutating func runLiteral(_ opcode: UInt8) throws(FileError) -> Bool {
    switch opcode {
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88, 0x89: stack.append(.boolean(opcode == 0x88))
    case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(bitPattern: try next(UInt32.self)))))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try next(UInt8.self))))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try next(UInt16.self))))
    case 0x8A: stack.append(try long())
    // A double, the one number that is big-endian.
    case UInt8(ascii: "G"): stack.append(.real(Double(bitPattern: try next(UInt64.self).byteSwapped)))
    case UInt8(ascii: "X"): stack.append(.text(try text(Int(try next(UInt32.self)))))
    case 0x8C: stack.append(.text(try text(Int(try next(UInt8.self)))))
    case 0x8D: stack.append(.text(try text(try length64())))
    // Bytes, of protocols 3 and 4.
    case UInt8(ascii: "B"): stack.append(try bytes(Int(try next(UInt32.self))))
    case UInt8(ascii: "C"): stack.append(try bytes(Int(try next(UInt8.self))))
    case 0x8E: stack.append(try bytes(try length64()))
    case UInt8(ascii: "c"): stack.append(.global(try global(module: try line(), name: try line())))
    case UInt8(ascii: ")"): stack.append(tuple([]))
    case UInt8(ascii: "]"):
      lists.append([])
      stack.append(.list(lists.count - 1))
    case UInt8(ascii: "}"):
      dictionaries.append([])
      stack.append(.dictionary(dictionaries.count - 1))
    default: return false
    }
    return true
  }

  /// Opcodes that work on the stack and the memo.
  private mutating func runStructure(_ opcode: UInt8) throws(FileError) {
    switch opcode {
    // PROTO and FRAME say nothing that the opcodes do not.
    case 0x80:
      let version = try next(UInt8.self)
      if !(2...5).contains(version) { throw refusal("version \(version) of pickle", "2 to 5") }
    case 0x95:
      if try length64() > reader.remaining { throw refusal("a frame beyond the pickle's end", "one within it") }
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: "q"): memo[Int(try next(UInt8.self))] = try top()
    case UInt8(ascii: "r"): memo[Int(try next(UInt32.self))] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): stack.append(try remembered(Int(try next(UInt8.self))))
    case UInt8(ascii: "j"): stack.append(try remembered(Int(try next(UInt32.self))))
    case UInt8(ascii: "t"): stack.append(tuple(try popToMark()))
    case 0x85, 0x86, 0x87: stack.append(tuple(try pop(Int(opcode - 0x84))))
    case UInt8(ascii: "a"): try appendItems(try pop(1))
    case UInt8(ascii: "e"): try appendItems(try popToMark())
    case UInt8(ascii: "s"): try setItems(try pop(2))
    case UInt8(ascii: "u"): try setItems(try popToMark())
    case 0x93:
      let names = try pop(2)
      guard case .text(let module) = names[0], case .text(let name) = names[1] else {
        throw refusal("a global named by \(names[0].kind) and \(names[1].kind)", "two texts")
      }
      stack.append(.global(try global(module: module, name: name)))
    case UInt8(ascii: "Q"): stack.append(try storage(try pop()))
    case UInt8(ascii: "R"):
      let pair = try pop(2)
      stack.append(try reduced(pair[0], pair[1]))
    case UInt8(ascii: "b"):
      // Attributes of a dict, such as a state dict's versions, are not needed.
      let pair = try pop(2)
      guard case .dictionary = pair[0] else { throw refusal("attributes for \(pair[0].kind)", "a dict to have them") }
      stack.append(pair[0])
    default:
      throw refusal(
        "opcode 0x\(String(opcode, radix: 16))",
        "one of those that torch.save writes for tensors, numbers, texts and dicts")
    }
  }

  // MARK: Stack, memo, arguments

  private mutating func pop() throws(FileError) -> PickleValue { try pop(1)[0] }

  /// Values below a mark belong to whoever set it.
  private mutating func pop(_ count: Int) throws(FileError) -> [PickleValue] {
    if stack.count - (marks.last ?? 0) < count {
      throw refusal("\(stack.count - (marks.last ?? 0)) values on the stack", "\(count)")
    }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  private mutating func popToMark() throws(FileError) -> [PickleValue] {
    guard let height = marks.popLast() else { throw refusal("no mark on the stack", "one") }
    let values = Array(stack[height...])
    stack.removeLast(values.count)
    return values
  }

  private func top() throws(FileError) -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else { throw refusal("an empty stack", "a value") }
    return value
  }

  private func remembered(_ index: Int) throws(FileError) -> PickleValue {
    guard let value = memo[index] else { throw refusal("number \(index) of the memo, which is not set", "one that is") }
    return value
  }

  private mutating func next<Number: FixedWidthInteger>(_ type: Number.Type) throws(FileError) -> Number {
    guard let value = reader.next(type) else { throw ended() }
    return value
  }

  private mutating func length64() throws(FileError) -> Int {
    let length = try next(UInt64.self)
    guard let length = Int(exactly: length) else { throw refusal("a length of \(length) bytes", "one below 2^63") }
    return length
  }

  private mutating func take(_ count: Int) throws(FileError) -> ArraySlice<UInt8> {
    guard let piece = reader.take(count) else { throw ended() }
    return piece
  }

  private func ended() -> FileError { refusal("the pickle's end in the middle of it", "more bytes") }

  private mutating func text(_ count: Int) throws(FileError) -> String {
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw refusal("a text that is not UTF-8", "one that is")
    }
    return text
  }

  private mutating func bytes(_ count: Int) throws(FileError) -> PickleValue {
    _ = try take(count)
    return .other("\(count) bytes")
  }

  private mutating func line() throws(FileError) -> String {
    guard let line = reader.take(until: 0x0A) else { throw ended() }
    guard let text = String(validating: line, as: UTF8.self) else {
      throw refusal("a name that is not UTF-8", "one that is")
    }
    return text
  }

  /// An integer of any length in two's complement.
  private mutating func long() throws(FileError) -> PickleValue {
    let bytes = try take(Int(try next(UInt8.self)))
    if bytes.count > 8 { return .other("an integer of \(bytes.count) bytes") }
    let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
    return .integer(bytes.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) })
  }

  // MARK: Containers

  private mutating func tuple(_ items: [PickleValue]) -> PickleValue {
    lists.append(items)
    return .tuple(lists.count - 1)
  }

  private mutating func appendItems(_ items: [PickleValue]) throws(FileError) {
    guard case .list(let index) = try top() else {
      throw refusal("items for \(try top().kind)", "a list to add them to")
    }
    lists[index] += items
  }

  private mutating func setItems(_ items: [PickleValue]) throws(FileError) {
    guard case .dictionary(let index) = try top() else {
      throw refusal("keys and values for \(try top().kind)", "a dict to add them to")
    }
    try add(items, to: index)
  }

  private mutating func add(_ items: [PickleValue], to index: Int) throws(FileError) {
    if items.count % 2 != 0 { throw refusal("\(items.count) keys and values", "pairs") }
    for key in stride(from: 0, to: items.count, by: 2) { dictionaries[index].append((items[key], items[key + 1])) }
  }

  // MARK: Names and what they stand for

  private func global(module: String, name: String) throws(FileError) -> PickleGlobal {
    let full = "\(module).\(name)"
    if let known = PickleGlobal(rawValue: full) { return known }
    throw refusal(
      "the Python name \(JSONScanner.shown(full)), which could be code to run",
      "tensors and plain data alone; torch.save(model.state_dict(), FILE) in Python writes such a file")
  }

  /// `("storage", type, key, device, count)`.
  private mutating func storage(_ id: PickleValue) throws(FileError) -> PickleValue {
    guard case .tuple(let index) = id, lists[index].count == 5, case .text("storage") = lists[index][0],
      case .global(let class_) = lists[index][1], let type = class_.elementType, case .text(let key) = lists[index][2],
      case .integer(let count) = lists[index][4], count >= 0
    else { throw refusal("no description of a storage", "type, key, device and size") }
    storages.append(PickledStorage(key: key, type: type, count: count))
    return .storage(storages.count - 1)
  }

  /// What a call of `function` would give.
  private mutating func reduced(_ function: PickleValue, _ arguments: PickleValue) throws(FileError) -> PickleValue {
    guard case .global(let name) = function, case .tuple(let index) = arguments else {
      throw refusal("a call of \(function.kind) with \(arguments.kind)", "a name and a tuple")
    }
    let items = lists[index]
    switch name {
    case .orderedDict: return try orderedDict(items)
    case .rebuildTensor: return try tensor(items)
    // Parameters say in addition whether they train.
    case .rebuildParameter where items.count == 3, .parameter where items.count == 1 || items.count == 2:
      if case .tensor = items[0] { return items[0] }
    case .size where items.count == 1:
      if case .tuple = items[0] { return items[0] }
    default: break
    }
    throw refusal("a call of \(name.rawValue) with \(items.count) values", "what torch.save writes for it")
  }

  /// Empty, or with a list of pairs.
  private mutating func orderedDict(_ items: [PickleValue]) throws(FileError) -> PickleValue {
    dictionaries.append([])
    let index = dictionaries.count - 1
    if items.isEmpty { return .dictionary(index) }
    guard items.count == 1, case .list(let pairs) = items[0] else {
      throw refusal(
        "a call of \(PickleGlobal.orderedDict.rawValue) with \(items.count) values", "none or a list of pairs")
    }
    // A file that is as it should be has each pair once; one list could otherwise fill any number of dicts.
    copied += lists[pairs].count
    if copied > reader.offset { throw refusal("\(copied) pairs for dicts", "no more than bytes before them") }
    for pair in lists[pairs] {
      switch pair {
      case .list(let place), .tuple(let place):
        if lists[place].count == 2 { try add(lists[place], to: index) } else { fallthrough }
      default: throw refusal("\(pair.kind) in a list of pairs", "keys with values")
      }
    }
    return .dictionary(index)
  }

  /// `(storage, offset, sizes, strides, trains, hooks)` and, in newer versions, metadata.
  private mutating func tensor(_ items: [PickleValue]) throws(FileError) -> PickleValue {
    guard items.count == 6 || items.count == 7, case .storage(let storage) = items[0],
      case .integer(let offset) = items[1], let sizes = integers(items[2]), let strides = integers(items[3])
    else { throw refusal("no description of a tensor", "storage, offset, sizes and strides") }
    tensors.append(PickledTensor(storage: storages[storage], offset: offset, sizes: sizes, strides: strides))
    return .tensor(tensors.count - 1)
  }

  /// The integers of a tuple of few: it could be given for any number of tensors.
  private func integers(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let index) = value, lists[index].count <= 64 else { return nil }
    var result: [Int] = []
    for item in lists[index] {
      guard case .integer(let number) = item else { return nil }
      result.append(number)
    }
    return result
  }
}
