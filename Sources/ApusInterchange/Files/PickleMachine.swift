import ApusSupport

/// Reads the pickles that `torch.save` writes (Python's pickletools.py describes the opcodes). It builds data and calls nothing: what
/// Python would make by a call is an object that does nothing, unless the call describes a tensor or a container.
///
/// Memory is in proportion to the pickle: an opcode moves values or adds a few; where one copies many, that is bounded. Nothing here
/// recurses.
struct PickleMachine {
  /// The most opcodes in a pickle: those of the largest models have half a million. The bytes of texts and arrays do not count.
  static let opcodeLimit = 1 << 24

  /// Items of tuples and lists, by their places in `PickleValue`.
  var lists: [[PickleValue]] = []
  var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  var objects: [PickledObject] = []
  var tensors: [PickledTensor] = []
  var storages: [PickledStorage] = []

  private let file: String
  private let part: String
  private var reader: ByteReader
  var stack: [PickleValue] = []
  /// Heights of the stack at the marks.
  private var marks: [Int] = []
  var memo: [Int: PickleValue] = [:]
  /// Of names that were made of two texts.
  private var nameBytes = 0
  /// Pairs that were copied from lists to dicts.
  var copied = 0
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

  /// Bytes of it that were read.
  var byteCount: Int { reader.offset }

  /// Runs to the end of the pickle: the value that it stands for. Nothing may follow it.
  mutating func run() throws(FileError) -> PickleValue {
    let result = try runFirst()
    if reader.remaining > 0 { throw refusal("\(reader.remaining) bytes left at its end", "nothing after it") }
    return result
  }

  /// The same of a pickle that other bytes may follow.
  mutating func runFirst() throws(FileError) -> PickleValue {
    var count = 0
    while true {
      start = reader.offset
      let opcode = try next(UInt8.self)
      // STOP
      if opcode == UInt8(ascii: ".") { break }
      count += 1
      if count > PickleMachine.opcodeLimit {
        throw refusal("more than \(PickleMachine.opcodeLimit) opcodes", "at most that many in a pickle")
      }
      if try !runLiteral(opcode), try !runObject(opcode), try !runTextual(opcode) { try runStructure(opcode) }
    }
    let result = try pop()
    if !stack.isEmpty || !marks.isEmpty { throw refusal("\(stack.count) values left at its end", "one value") }
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
    case 0x8A: stack.append(try long(Int(try next(UInt8.self))))
    case 0x8B: stack.append(try long(Int(try next(UInt32.self))))
    // A double, the one number that is big-endian.
    case UInt8(ascii: "G"): stack.append(.real(Double(bitPattern: try next(UInt64.self).byteSwapped)))
    // Texts; the first two are Python 2's.
    case UInt8(ascii: "U"): stack.append(try text(Int(try next(UInt8.self))))
    case UInt8(ascii: "T"), UInt8(ascii: "X"): stack.append(try text(Int(try next(UInt32.self))))
    case 0x8C: stack.append(try text(Int(try next(UInt8.self))))
    case 0x8D: stack.append(try text(try length64()))
    // Bytes, of protocols 3 to 5.
    case UInt8(ascii: "B"): stack.append(try bytes(Int(try next(UInt32.self))))
    case UInt8(ascii: "C"): stack.append(try bytes(Int(try next(UInt8.self))))
    case 0x8E, 0x96: stack.append(try bytes(try length64()))
    case UInt8(ascii: "c"): stack.append(try global(module: try line(), name: try line()))
    case UInt8(ascii: ")"): stack.append(tuple([]))
    case UInt8(ascii: "]"): stack.append(list([]))
    case UInt8(ascii: "}"): stack.append(.dictionary(dictionary()))
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
      // Two opcodes that recall texts make a new one of up to a kilobyte.
      nameBytes += module.utf8.count + name.utf8.count
      if nameBytes > 1 << 24 { throw refusal("names of \(nameBytes) bytes together", "at most \(1 << 24)") }
      stack.append(try global(module: module, name: name))
    default: throw refusal("opcode 0x\(String(opcode, radix: 16))", "one of those that torch.save writes")
    }
  }

  /// Opcodes that in Python make objects by running code.
  private mutating func runObject(_ opcode: UInt8) throws(FileError) -> Bool {
    switch opcode {
    case UInt8(ascii: "Q"): stack.append(try reference(try pop()))
    // REDUCE and NEWOBJ: a function or class, and its arguments.
    case UInt8(ascii: "R"), 0x81:
      let pair = try pop(2)
      stack.append(try reduced(pair[0], pair[1]))
    // NEWOBJ_EX: a class, arguments, and those with names.
    case 0x92:
      let values = try pop(3)
      stack.append(try reduced(values[0], values[1]))
    // BUILD: attributes.
    case UInt8(ascii: "b"):
      let pair = try pop(2)
      try setState(of: pair[0], pair[1])
      stack.append(pair[0])
    // Sets, whose items no tensor needs.
    case 0x8F: stack.append(.other("a set"))
    case 0x91:
      _ = try popToMark()
      stack.append(.other("a frozenset"))
    case 0x90:
      _ = try popToMark()
      guard case .other = try top() else { throw refusal("items for \(try top().kind)", "a set to add them to") }
    default: return false
    }
    return true
  }

  // MARK: Stack, memo, arguments

  mutating func pop() throws(FileError) -> PickleValue { try pop(1)[0] }

  /// Values below a mark belong to whoever set it.
  mutating func pop(_ count: Int) throws(FileError) -> [PickleValue] {
    if stack.count - (marks.last ?? 0) < count {
      throw refusal("\(stack.count - (marks.last ?? 0)) values on the stack", "\(count)")
    }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  mutating func popToMark() throws(FileError) -> [PickleValue] {
    guard let height = marks.popLast() else { throw refusal("no mark on the stack", "one") }
    let values = Array(stack[height...])
    stack.removeLast(values.count)
    return values
  }

  func top() throws(FileError) -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else { throw refusal("an empty stack", "a value") }
    return value
  }

  func remembered(_ index: Int) throws(FileError) -> PickleValue {
    guard let value = memo[index] else { throw refusal("number \(index) of the memo, which is not set", "one that is") }
    return value
  }

  mutating func next<Number: FixedWidthInteger>(_ type: Number.Type) throws(FileError) -> Number {
    guard let value = reader.next(type) else { throw ended() }
    return value
  }

  private mutating func length64() throws(FileError) -> Int {
    let length = try next(UInt64.self)
    guard let length = Int(exactly: length) else { throw refusal("a length of \(length) bytes", "one below 2^63") }
    return length
  }

  mutating func take(_ count: Int) throws(FileError) -> ArraySlice<UInt8> {
    guard let piece = reader.take(count) else { throw ended() }
    return piece
  }

  func ended() -> FileError {
    refusal("the pickle's end in the middle of it: the file is truncated", "a whole pickle")
  }

  private mutating func text(_ count: Int) throws(FileError) -> PickleValue {
    let bytes = try take(count)
    // Python 2 has no other type for bytes.
    return String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .other("a text that is not UTF-8")
  }

  private mutating func bytes(_ count: Int) throws(FileError) -> PickleValue {
    _ = try take(count)
    return .other("\(count) bytes")
  }

  mutating func line() throws(FileError) -> String {
    guard let line = reader.take(until: 0x0A) else { throw ended() }
    guard let text = String(validating: line, as: UTF8.self) else {
      throw refusal("a name that is not UTF-8", "one that is")
    }
    return text
  }

  /// An integer of any length in two's complement.
  private mutating func long(_ count: Int) throws(FileError) -> PickleValue {
    let bytes = try take(count)
    if bytes.count > 8 { return .other("an integer of \(bytes.count) bytes") }
    let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
    return .integer(bytes.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) })
  }

  // MARK: Containers

  mutating func tuple(_ items: [PickleValue]) -> PickleValue {
    lists.append(items)
    return .tuple(lists.count - 1)
  }

  mutating func list(_ items: [PickleValue]) -> PickleValue {
    lists.append(items)
    return .list(lists.count - 1)
  }

  /// The place of a new one, empty.
  mutating func dictionary() -> Int {
    dictionaries.append([])
    return dictionaries.count - 1
  }

  private mutating func appendItems(_ items: [PickleValue]) throws(FileError) {
    switch try top() {
    case .list(let index): lists[index] += items
    // Such as a deque: no tensor needs it.
    case .object: break
    default: throw refusal("items for \(try top().kind)", "a list to add them to")
    }
  }

  private mutating func setItems(_ items: [PickleValue]) throws(FileError) {
    switch try top() {
    case .dictionary(let index): try add(items, to: index)
    case .object(let index):
      let place = objects[index].items ?? dictionary()
      objects[index].items = place
      try add(items, to: place)
    default: throw refusal("keys and values for \(try top().kind)", "a dict to add them to")
    }
  }

  mutating func add(_ items: [PickleValue], to index: Int) throws(FileError) {
    if items.count % 2 != 0 { throw refusal("\(items.count) keys and values", "pairs") }
    for key in stride(from: 0, to: items.count, by: 2) { dictionaries[index].append((items[key], items[key + 1])) }
  }
}
