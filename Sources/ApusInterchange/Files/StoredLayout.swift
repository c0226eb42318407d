import ApusCore

/// Where the elements of a tensor lie in the bytes of a file. Offset and strides count elements.
struct StoredLayout {
  let type: StoredType
  let shape: Shape
  let offset: Int
  let strides: [Int]
  let isBigEndian: Bool

  init(_ type: StoredType, _ shape: Shape, offset: Int = 0, strides: [Int]? = nil, isBigEndian: Bool = false) {
    self.type = type
    self.shape = shape
    self.offset = offset
    // A step along an axis of size 1 is never made, and files claim any number for it.
    self.strides = zip(shape, strides ?? shape.contiguousStrides).map { $0 > 1 ? $1 : 0 }
    self.isBigEndian = isBigEndian && type.byteCount > 1
  }

  /// The tensor, contiguous, converted as `StoredType` says. `nil` if a 64-bit integer does not fit into int32.
  ///
  /// The caller has checked that every element lies in `bytes`.
  func tensor(in bytes: ArraySlice<UInt8>) -> Tensor? {
    let byteCount = shape.elementCount * type.byteCount
    if byteCount == 0 || (isRowMajor && !isBigEndian) {
      let start = byteCount == 0 ? bytes.startIndex : bytes.startIndex + offset * type.byteCount
      return bytes[start..<start + byteCount].withUnsafeBytes { type.tensor($0, shape: shape) }
    }
    return packed(bytes).withUnsafeBytes { type.tensor($0, shape: shape) }
  }

  private var isRowMajor: Bool {
    zip(shape, zip(strides, shape.contiguousStrides)).allSatisfy { $0 <= 1 || $1.0 == $1.1 }
  }

  /// The elements in row-major order and little-endian.
  private func packed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    switch type.byteCount {
    case 1: gather(bytes, UInt8.self)
    case 2: gather(bytes, UInt16.self)
    case 4: gather(bytes, UInt32.self)
    default: gather(bytes, UInt64.self)
    }
  }

  private func gather<Bits: FixedWidthInteger & BitwiseCopyable>(_ bytes: ArraySlice<UInt8>, _: Bits.Type) -> [UInt8] {
    let width = MemoryLayout<Bits>.size
    let count = shape.elementCount
    return bytes.withUnsafeBytes { source in
      [UInt8](unsafeUninitializedCapacity: count * width) { target, written in
        let target = UnsafeMutableRawBufferPointer(target)
        var position = [Int](repeating: 0, count: shape.count)
        var at = offset
        for element in 0..<count {
          let bits = source.loadUnaligned(fromByteOffset: at * width, as: Bits.self)
          target.storeBytes(of: isBigEndian ? bits.byteSwapped : bits, toByteOffset: element * width, as: Bits.self)
          // The next position: the innermost axis that is not at its end advances, those inside it begin again.
          for axis in shape.indices.reversed() {
            position[axis] += 1
            at += strides[axis]
            if position[axis] < shape[axis] { break }
            at -= strides[axis] * shape[axis]
            position[axis] = 0
          }
        }
        written = count * width
      }
    }
  }
}
