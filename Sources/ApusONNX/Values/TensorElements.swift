import Apus

/// TensorProto.DataType, of numbers and booleans.
enum ElementType: Int {
  case float = 1
  case uint8 = 2
  case int8 = 3
  case uint16 = 4
  case int16 = 5
  case int32 = 6
  case int64 = 7
  case boolean = 9
  case float16 = 10
  case double = 11
  case uint32 = 12
  case uint64 = 13
  case bfloat16 = 16

  var isWhole: Bool {
    switch self {
    case .float, .float16, .double, .bfloat16: false
    default: true
    }
  }

  var byteCount: Int {
    switch self {
    case .uint8, .int8, .boolean: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .float, .int32, .uint32: 4
    case .int64, .double, .uint64: 8
    }
  }
}

/// The elements of a tensor of the file, found and counted, and not yet converted.
struct TensorElements {
  let type: ElementType
  let shape: [Int]
  private let record: TensorRecord
  private let bytes: ArraySlice<UInt8>?
  private let place: (file: String, part: String)

  /// - Parameters:
  ///   - file: where the bytes are; a name in errors.
  ///   - all: the file's bytes.
  ///   - external: finds elements that are in other files.
  init(
    _ record: TensorRecord, _ file: String, _ all: [UInt8], part: String, external: ExternalFiles? = nil
  ) throws(FileError) {
    func problem(_ found: String, _ expected: String) -> FileError {
      FileError(file, part: part, found: found, expected: expected)
    }
    guard let type = ElementType(rawValue: record.type) else {
      throw problem("elements of type \(record.type)", "numbers or booleans")
    }
    self.type = type
    self.record = record
    place = (file, part)
    shape = record.sizes
    let count: Int
    do {
      count = try HostArray.count(record.sizes, limit: Int(Int32.max))
    } catch {
      throw problem("a tensor that \(error.text)", "a shape that fits its data")
    }
    if shape.count > Shape.maximumRank { throw problem("\(shape.count) axes", "at most \(Shape.maximumRank)") }
    if record.isExternal {
      guard let external else { throw problem("elements in another file", "them in this one") }
      bytes = try external.bytes(record.external, count: count * type.byteCount, part: part)
    } else {
      bytes = record.raw.map { all[$0] }
    }
    let found = bytes.map { $0.count / type.byteCount } ?? typedCount
    if found != count || (bytes?.count ?? 0) % type.byteCount != 0 {
      throw problem("\(found) elements of shape \(shape)", "\(count)")
    }
  }

  private var typedCount: Int {
    switch type {
    case .float: record.floats.count
    case .double: record.doubles.count
    default: record.integers.count
    }
  }

  /// float32.
  func tensor() throws(FileError) -> Tensor {
    if type == .float, let bytes {
      return Tensor(shape: Shape(shape), of: Float.self) { buffer in
        bytes.withUnsafeBytes { source in
          for index in buffer.indices {
            let bits = source.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
            buffer.initializeElement(at: index, to: Float(bitPattern: UInt32(littleEndian: bits)))
          }
        }
      }
    }
    if type == .float { return Tensor(record.floats, shape: Shape(shape)) }
    return Tensor(try numbers().map { Float($0) }, shape: Shape(shape))
  }

  /// Of any type, for few elements or whole numbers.
  func array() throws(FileError) -> HostArray {
    do {
      return type.isWhole
        ? try HostArray(.integers(integers()), shape: shape, limit: Int(Int32.max))
        : try HostArray(.numbers(try numbers()), shape: shape, limit: Int(Int32.max))
    } catch let error as OperatorProblem {
      throw FileError(place.file, part: place.part, found: error.text, expected: "a shape that fits its data")
    } catch {
      throw FileError(place.file, part: place.part, found: "\(error)", expected: "elements")
    }
  }

  private func integers() -> [Int] {
    guard let bytes else { return record.integers }
    return bytes.withUnsafeBytes { source in
      (0..<source.count / type.byteCount).map { index in
        let at = index * type.byteCount
        func load<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) -> Int {
          Int(truncatingIfNeeded: Number(littleEndian: source.loadUnaligned(fromByteOffset: at, as: Number.self)))
        }
        switch type {
        case .uint8, .boolean: return load(UInt8.self)
        case .int8: return load(Int8.self)
        case .uint16, .float16, .bfloat16: return load(UInt16.self)
        case .int16: return load(Int16.self)
        case .uint32, .float: return load(UInt32.self)
        case .int32: return load(Int32.self)
        case .int64, .double, .uint64: return load(Int64.self)
        }
      }
    }
  }

  /// Of floats; halves in the file are bits in a whole number.
  private func numbers() throws(FileError) -> [Double] {
    switch type {
    case .float:
      if bytes == nil { return record.floats.map(Double.init) }
      return integers().map { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) }
    case .double:
      return bytes == nil ? record.doubles : integers().map { Double(bitPattern: UInt64(bitPattern: Int64($0))) }
    case .float16: return integers().map { Double(floatFromHalf(UInt16(truncatingIfNeeded: $0))) }
    case .bfloat16: return integers().map { Double(Float(bitPattern: UInt32(UInt16(truncatingIfNeeded: $0)) << 16)) }
    default: return integers().map(Double.init)
    }
  }
}
