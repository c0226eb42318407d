import Apus

extension ModelRecord {
  package init(_ bytes: [UInt8], file: String) throws(FileError) {
    var reader = ProtobufReader(bytes, file: file)
    var hasGraph = false
    while let (number, value) = try reader.next() {
      switch number {
      case 1: formatVersion = try reader.integer(value)
      case 2: producer = try reader.text(value)
      case 3: producerVersion = try reader.text(value)
      case 7:
        graph = try GraphRecord(reader.message(try reader.range(value)))
        hasGraph = true
      case 8: try operatorSets.addOperatorSet(reader.message(try reader.range(value)))
      case 14:
        let (key, text) = try TensorRecord.entry(reader.message(try reader.range(value)))
        metadata[key] = text
      case 20: trains = true
      case 25: functions.append(try FunctionRecord(reader.message(try reader.range(value))))
      default: break
      }
    }
    if !hasGraph { throw FileError(file, found: "no graph", expected: "an ONNX model") }
  }
}

extension [String: Int] {
  /// OperatorSetIdProto
  fileprivate mutating func addOperatorSet(_ reader: consuming ProtobufReader) throws(FileError) {
    var (domain, version) = ("", 0)
    while let (number, value) = try reader.next() {
      switch number {
      case 1: domain = try reader.text(value)
      case 2: version = try reader.integer(value)
      default: break
      }
    }
    self[NodeRecord.ownDomain(domain)] = version
  }
}

extension GraphRecord {
  init(_ reader: consuming ProtobufReader) throws(FileError) {
    while let (number, value) = try reader.next() {
      switch number {
      case 1: nodes.append(try NodeRecord(reader.message(try reader.range(value))))
      case 2: name = try reader.text(value)
      case 5: initializers.append(try TensorRecord(reader.message(try reader.range(value))))
      case 11: inputs.append(try ValueRecord(reader.message(try reader.range(value))))
      case 12: outputs.append(try ValueRecord(reader.message(try reader.range(value))))
      case 15: throw reader.problem("a sparse initializer", "dense ones")
      default: break
      }
    }
  }
}

extension FunctionRecord {
  init(_ reader: consuming ProtobufReader) throws(FileError) {
    while let (number, value) = try reader.next() {
      switch number {
      case 1: name = try reader.text(value)
      case 4: inputs.append(try reader.text(value))
      case 5: outputs.append(try reader.text(value))
      case 7: nodes.append(try NodeRecord(reader.message(try reader.range(value))))
      case 9: try operatorSets.addOperatorSet(reader.message(try reader.range(value)))
      case 10: domain = NodeRecord.ownDomain(try reader.text(value))
      case 11: defaults.append(try AttributeRecord(reader.message(try reader.range(value))))
      default: break
      }
    }
  }
}

extension NodeRecord {
  init(_ reader: consuming ProtobufReader) throws(FileError) {
    while let (number, value) = try reader.next() {
      switch number {
      case 1: inputs.append(try reader.text(value))
      case 2: outputs.append(try reader.text(value))
      case 3: name = try reader.text(value)
      case 4: operation = try reader.text(value)
      case 5: attributes.append(try AttributeRecord(reader.message(try reader.range(value))))
      case 7: domain = NodeRecord.ownDomain(try reader.text(value))
      default: break
      }
    }
  }

  /// ONNX's own domain has two names.
  static func ownDomain(_ name: String) -> String { name == "ai.onnx" ? "" : name }
}

extension AttributeRecord {
  init(_ reader: consuming ProtobufReader) throws(FileError) {
    var (integers, numbers, texts): ([Int], [Float], [String]) = ([], [], [])
    var type = 0
    while let (number, value) = try reader.next() {
      switch number {
      case 1: name = try reader.text(value)
      case 2: content = .number(try reader.float(value))
      case 3: content = .integer(try reader.integer(value))
      case 4: content = .text(try reader.text(value))
      case 5: content = .tensor(try TensorRecord(reader.message(try reader.range(value))))
      case 6: content = .graph(try GraphRecord(reader.graph(try reader.range(value))))
      case 10, 11, 14, 15, 22, 23: content = .other
      case 7: try reader.append(value, to: &numbers)
      case 8: try reader.append(value, to: &integers)
      case 9: texts.append(try reader.text(value))
      case 20: type = try reader.integer(value)
      case 21: reference = try reader.text(value)
      default: break
      }
    }
    // Lists may be empty, and zeros left out: then the type alone tells what there is.
    if !numbers.isEmpty {
      content = .numbers(numbers)
    } else if !integers.isEmpty {
      content = .integers(integers)
    } else if !texts.isEmpty {
      content = .texts(texts)
    } else if case .none = content {
      switch type {
      case 1: content = .number(0)
      case 2: content = .integer(0)
      case 3: content = .text("")
      case 6: content = .numbers([])
      case 7: content = .integers([])
      case 8: content = .texts([])
      default: break
      }
    }
  }
}

extension ValueRecord {
  init(_ reader: consuming ProtobufReader) throws(FileError) {
    while let (number, value) = try reader.next() {
      switch number {
      case 1: name = try reader.text(value)
      case 2: try readType(reader.message(try reader.range(value)))
      default: break
      }
    }
  }

  /// TypeProto
  private mutating func readType(_ reader: consuming ProtobufReader) throws(FileError) {
    while let (number, value) = try reader.next() {
      // Sequences, maps and optional values have other numbers, and stay without a type.
      if number == 1 { try readTensorType(reader.message(try reader.range(value))) }
    }
  }

  private mutating func readTensorType(_ reader: consuming ProtobufReader) throws(FileError) {
    while let (number, value) = try reader.next() {
      switch number {
      case 1: type = try reader.integer(value)
      case 2: sizes = try ValueRecord.sizes(reader.message(try reader.range(value)))
      default: break
      }
    }
  }

  /// TensorShapeProto
  private static func sizes(_ reader: consuming ProtobufReader) throws(FileError) -> [Int?] {
    var sizes: [Int?] = []
    while let (number, value) = try reader.next() {
      if number != 1 { continue }
      var dimension = reader.message(try reader.range(value))
      var size: Int?
      while let (number, value) = try dimension.next() {
        if number == 1 { size = try dimension.integer(value) }
      }
      // Some exporters write 0 or −1 for a size that is open.
      sizes.append(size.flatMap { $0 > 0 ? $0 : nil })
    }
    return sizes
  }
}

extension TensorRecord {
  init(_ reader: consuming ProtobufReader) throws(FileError) {
    while let (number, value) = try reader.next() {
      switch number {
      case 1: try reader.append(value, to: &sizes)
      case 2: type = try reader.integer(value)
      case 3: throw reader.problem("a tensor in segments", "one in one piece")
      case 4: try reader.append(value, to: &floats)
      case 5, 7, 11: try reader.append(value, to: &integers)
      case 8: name = try reader.text(value)
      case 9: raw = try reader.range(value)
      case 10: try reader.append(value, to: &doubles)
      case 13:
        let (key, text) = try TensorRecord.entry(reader.message(try reader.range(value)))
        external[key] = text
      case 14: isExternal = try reader.integer(value) == 1
      default: break
      }
    }
  }

  /// StringStringEntryProto
  fileprivate static func entry(
    _ reader: consuming ProtobufReader
  ) throws(FileError) -> (key: String, text: String) {
    var (key, text) = ("", "")
    while let (number, value) = try reader.next() {
      switch number {
      case 1: key = try reader.text(value)
      case 2: text = try reader.text(value)
      default: break
      }
    }
    return (key, text)
  }
}
