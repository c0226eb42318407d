import ApusCore

/// The element types of files that can be read without a loss into one of Tensor's four, by their names in safetensors files.
enum StoredType: String, CaseIterable {
  case f64 = "F64"
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case i64 = "I64"
  case i32 = "I32"
  case i16 = "I16"
  case i8 = "I8"
  case u8 = "U8"
  case bool = "BOOL"

  /// What a tensor of `scalarType` is written as.
  init(_ scalarType: ScalarType) {
    switch scalarType {
    case .float32: self = .f32
    case .float64: self = .f64
    case .int32: self = .i32
    case .uint8: self = .u8
    }
  }

  var byteCount: Int {
    switch self {
    case .f64, .i64: 8
    case .f32, .i32: 4
    case .f16, .bf16, .i16: 2
    case .i8, .u8, .bool: 1
    }
  }

  /// The tensor in `bytes`, little-endian and without alignment. Half-precision floats become float32, small integers int32,
  /// booleans uint8. `nil` if a 64-bit integer does not fit into int32.
  func tensor(_ bytes: UnsafeRawBufferPointer, shape: Shape) -> Tensor? {
    switch self {
    case .f64: return convert(bytes, shape, UInt64.self) { Double(bitPattern: $0) }
    case .f32: return convert(bytes, shape, UInt32.self) { Float(bitPattern: $0) }
    case .f16: return convert(bytes, shape, UInt16.self, floatFromHalf)
    case .bf16: return convert(bytes, shape, UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .i64:
      for index in 0..<shape.elementCount {
        let value = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self))
        if Int32(exactly: value) == nil { return nil }
      }
      return convert(bytes, shape, Int64.self) { Int32($0) }
    case .i32: return convert(bytes, shape, Int32.self) { $0 }
    case .i16: return convert(bytes, shape, Int16.self) { Int32($0) }
    case .i8: return convert(bytes, shape, Int8.self) { Int32($0) }
    case .u8, .bool: return convert(bytes, shape, UInt8.self) { $0 }
    }
  }

  private func convert<Stored: FixedWidthInteger & BitwiseCopyable, Scalar: TensorScalar>(
    _ bytes: UnsafeRawBufferPointer, _ shape: Shape, _: Stored.Type, _ value: (Stored) -> Scalar
  ) -> Tensor {
    Tensor(shape: shape, of: Scalar.self) { buffer in
      for index in buffer.indices {
        let stored = bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
        buffer.initializeElement(at: index, to: value(Stored(littleEndian: stored)))
      }
    }
  }
}

/// IEEE 754 binary16 to float, exact. Written out because Swift's Float16 is missing on Intel Macs.
package func floatFromHalf(_ half: UInt16) -> Float {
  let sign = UInt32(half & 0x8000) << 16
  let exponent = UInt32(half >> 10) & 0x1F
  let fraction = UInt32(half & 0x3FF)
  switch exponent {
  case 0:
    // Zero and subnormals: fraction · 2⁻²⁴.
    return Float(sign: sign == 0 ? .plus : .minus, exponent: -24, significand: Float(fraction))
  case 0x1F:
    return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default:
    return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
