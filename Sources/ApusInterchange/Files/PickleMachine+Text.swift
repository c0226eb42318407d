import ApusSupport

/// The opcodes of protocols 0 and 1, whose arguments are lines of text.
extension PickleMachine {
  /// False if it is none of them.
  mutating func runTextual(_ opcode: UInt8) throws(FileError) -> Bool {
    switch opcode {
    case UInt8(ascii: "I"), UInt8(ascii: "L"): stack.append(number(try line()))
    case UInt8(ascii: "F"): stack.append(Double(try line()).map { .real($0) } ?? .other("a number"))
    // Texts with Python's quotes and escapes, which no name of a tensor needs.
    case UInt8(ascii: "S"), UInt8(ascii: "V"): stack.append(literal(try line(), isQuoted: opcode == UInt8(ascii: "S")))
    case UInt8(ascii: "p"): memo[try index(try line())] = try top()
    case UInt8(ascii: "g"): stack.append(try remembered(try index(try line())))
    case UInt8(ascii: "l"): stack.append(list(try popToMark()))
    case UInt8(ascii: "d"):
      let items = try popToMark()
      let place = dictionary()
      try add(items, to: place)
      stack.append(.dictionary(place))
    // INST and OBJ: an instance of a class, with arguments.
    case UInt8(ascii: "i"):
      let function = try global(module: try line(), name: try line())
      stack.append(try reduced(function, tuple(try popToMark())))
    case UInt8(ascii: "o"):
      let items = try popToMark()
      guard let function = items.first else { throw refusal("no class for an object", "one") }
      stack.append(try reduced(function, tuple(Array(items.dropFirst()))))
    default: return false
    }
    return true
  }

  /// `01` and `00` are Python 2's way to write truth; `5L` a long integer.
  private func number(_ line: String) -> PickleValue {
    if line == "01" || line == "00" { return .boolean(line == "01") }
    return Int(line.last == "L" ? line.dropLast() : line[...]).map { .integer($0) } ?? .other("a large integer")
  }

  private func index(_ line: String) throws(FileError) -> Int {
    guard let index = Int(line) else { throw refusal("\(JSONScanner.shown(line)) as a place in the memo", "a number") }
    return index
  }

  private func literal(_ line: String, isQuoted: Bool) -> PickleValue {
    if line.contains("\\") { return .other("a text with escapes") }
    if !isQuoted { return .text(line) }
    let isWhole = line.utf8.count >= 2 && line.first == line.last
    return isWhole ? .text(String(line.dropFirst().dropLast())) : .other("a text without quotes")
  }
}
