/// What a tensor's elements are: float32 everywhere; float64 for checks, on the reference kernels; int32 for labels and arg-max;
/// uint8 for stored images and masks.
public enum ScalarType: String, Sendable, CaseIterable {
  case float32, float64, int32, uint8

  /// Bytes per element.
  public var byteCount: Int {
    switch self {
    case .float64: 8
    case .float32, .int32: 4
    case .uint8: 1
    }
  }

  /// True for float32 and float64; the other types hold whole numbers.
  package var isFloatingPoint: Bool { self == .float32 || self == .float64 }
}

/// A Swift type that is a tensor's element.
public protocol TensorScalar: Sendable, BitwiseCopyable {
  /// The `scalarType` of tensors whose elements have this Swift type.
  static var scalarType: ScalarType { get }
}

extension Float: TensorScalar { public static var scalarType: ScalarType { .float32 } }
extension Double: TensorScalar { public static var scalarType: ScalarType { .float64 } }
extension Int32: TensorScalar { public static var scalarType: ScalarType { .int32 } }
extension UInt8: TensorScalar { public static var scalarType: ScalarType { .uint8 } }
