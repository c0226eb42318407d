import Apus

/// A protocol-buffers message in the making: https://protobuf.dev/programming-guides/encoding.
///
/// Our own, for writing only. swift-protobuf, even without the generated code for ONNX, adds 29 s to a clean release build on two cores
/// and 8.2 MB to the command (1.39.0, Swift 6.3.1, 2026-11-26), and makes a message as one block of memory, so that VGG-16's weights
/// would be there three times. Here a message is a list of pieces with known lengths: elements of tensors stay where they are until
/// the file is written, and are then permuted a few megabytes at a time.
package struct ProtobufMessage {
  private enum Piece {
    case bytes([UInt8])
    case elements(PermutedElements)
  }

  private var pieces: [Piece] = []
  package private(set) var byteCount = 0

  package init() {}

  /// int64, int32 and enumerations: a varint.
  package mutating func add(_ field: Int, _ value: Int) {
    tag(field, wireType: 0)
    varint(UInt64(bitPattern: Int64(value)))
  }

  /// float: four bytes, little-endian.
  package mutating func add(_ field: Int, _ value: Float) {
    tag(field, wireType: 5)
    append((0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) })
  }

  /// string
  package mutating func add(_ field: Int, _ text: String) { add(field, bytes: Array(text.utf8)) }

  package mutating func add(_ field: Int, bytes: [UInt8]) {
    tag(field, wireType: 2)
    varint(UInt64(bytes.count))
    append(bytes)
  }

  /// A message inside of this one.
  package mutating func add(_ field: Int, _ message: ProtobufMessage) {
    tag(field, wireType: 2)
    varint(UInt64(message.byteCount))
    for piece in message.pieces {
      switch piece {
      case .bytes(let bytes): append(bytes)
      case .elements(let elements): append(elements)
      }
    }
  }

  /// bytes: the float32 elements of a tensor, little-endian.
  package mutating func add(_ field: Int, _ elements: PermutedElements) {
    tag(field, wireType: 2)
    varint(UInt64(elements.byteCount))
    append(elements)
  }

  /// Hands the bytes over from first to last, in parts.
  package func write(_ part: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    for piece in pieces {
      switch piece {
      case .bytes(let bytes): try bytes.withUnsafeBytes(part)
      case .elements(let elements): try elements.write(part)
      }
    }
  }

  private mutating func tag(_ field: Int, wireType: UInt64) { varint(UInt64(field) << 3 | wireType) }

  /// Seven bits per byte, the lowest first; all but the last have the upper bit.
  private mutating func varint(_ value: UInt64) {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(bytes + [UInt8(rest)])
  }

  private mutating func append(_ bytes: [UInt8]) {
    byteCount += bytes.count
    if case .bytes(var last)? = pieces.last {
      // Out of the list first: otherwise the bytes would be copied.
      pieces.removeLast()
      last += bytes
      pieces.append(.bytes(last))
    } else {
      pieces.append(.bytes(bytes))
    }
  }

  private mutating func append(_ elements: PermutedElements) {
    byteCount += elements.byteCount
    pieces.append(.elements(elements))
  }
}

/// The elements of a float32 tensor with its axes in another order: axis i of the result is the tensor's axis permutation[i].
package struct PermutedElements {
  package let tensor: Tensor
  package let permutation: [Int]

  package var byteCount: Int { tensor.elementCount * MemoryLayout<Float>.stride }

  package init(tensor: Tensor, permutation: [Int]) {
    self.tensor = tensor
    self.permutation = permutation
  }

  var shape: [Int] { permutation.map { tensor.shape[$0] } }

  /// At most about this many elements are permuted at a time.
  private static let partSize = 1 << 21

  package func write(_ part: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    guard let outer = permutation.first, permutation != permutation.sorted() else {
      return try tensor.withUnsafeBytes(part)
    }
    let size = tensor.shape[outer]
    let step = max(1, PermutedElements.partSize * size / max(1, tensor.elementCount))
    for start in stride(from: 0, to: size, by: step) {
      let rows = tensor.slice(axis: outer, range: start..<min(size, start + step))
      try rows.transposed(permutation).withUnsafeBytes(part)
    }
  }
}
