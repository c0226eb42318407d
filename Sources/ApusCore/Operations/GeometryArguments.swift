import ApusSupport

/// What a kernel, a stride or a size may be written as: a number for both axes, `[height, width]`, or an `IntOrPair`.
///
/// ```swift
/// let k = 3
/// Conv2D(16, 32, kernel: k, padding: k / 2)
/// Conv2D(16, 32, kernel: [1, 5], padding: [0, 2])
/// ```
public protocol IntOrPairConvertible {
  /// The value for both axes.
  var intOrPair: IntOrPair { get }
}

extension IntOrPair: IntOrPairConvertible {
  /// Itself.
  public var intOrPair: IntOrPair { self }
}

extension Int: IntOrPairConvertible {
  /// The number for both axes.
  public var intOrPair: IntOrPair { IntOrPair(self) }
}

extension Array: IntOrPairConvertible where Element == Int {
  /// `[height, width]`; stops if there are not two numbers.
  public var intOrPair: IntOrPair {
    if count != 2 { fatalError("a pair is [height, width], but \(self) has \(count) numbers") }
    return IntOrPair(self[0], self[1])
  }
}

/// What a padding may be written as: a number for all four sides, `[height, width]` for two each, or a `Padding`.
public protocol PaddingConvertible {
  /// The value for all sides.
  var imagePadding: Padding { get }
}

extension Padding: PaddingConvertible {
  /// Itself.
  public var imagePadding: Padding { self }
}

extension Int: PaddingConvertible {
  /// The number for all four sides.
  public var imagePadding: Padding { .explicit(top: self, left: self, bottom: self, right: self) }
}

extension Array: PaddingConvertible where Element == Int {
  /// `[height, width]`: the first above and below, the second on the left and right; stops if there are not two numbers.
  public var imagePadding: Padding {
    if count != 2 { fatalError("a padding is a number or [height, width], but \(self) has \(count) numbers") }
    return .explicit(top: self[0], left: self[1], bottom: self[0], right: self[1])
  }
}

/// Disfavored, so that they stand back where a `Padding` itself is meant.
extension PaddingConvertible where Self == Padding {
  /// None: `explicit(0)`.
  @_disfavoredOverload
  public static var valid: Padding { Padding.valid }

  /// As many that the output has ⌈size / stride⌉ elements; an odd one goes below and to the right, as in TensorFlow.
  @_disfavoredOverload
  public static var same: Padding { Padding.same }

  /// Each side on its own.
  @_disfavoredOverload
  public static func explicit(top: Int, left: Int, bottom: Int, right: Int) -> Padding {
    Padding.explicit(top: top, left: left, bottom: bottom, right: right)
  }

  /// The same on all four sides.
  @_disfavoredOverload
  public static func explicit(_ all: Int) -> Padding { Padding.explicit(top: all, left: all, bottom: all, right: all) }
}
