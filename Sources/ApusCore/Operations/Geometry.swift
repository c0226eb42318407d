import ApusSupport

/// One number for both axes of an image, or two: `3` or `[3, 5]` (height, width).
public struct IntOrPair: Hashable, Sendable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral,
  CustomStringConvertible
{
  /// Along axis 1 of `[N, H, W, C]`.
  public var height: Int
  /// Along axis 2 of `[N, H, W, C]`.
  public var width: Int

  /// The height comes first, as in the shapes of images.
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// The same for both axes.
  public init(_ both: Int) { self.init(both, both) }

  /// One number means both axes: `3` is 3×3.
  public init(integerLiteral value: Int) { self.init(value, value) }

  /// `[height, width]`. Traps unless there are two numbers.
  public init(arrayLiteral values: Int...) {
    if values.count != 2 { fatalError("a pair is [height, width], but \(values) has \(values.count) numbers") }
    self.init(values[0], values[1])
  }

  /// `3×5`, the height first.
  public var description: String { "\(height)×\(width)" }

  package var pair: (Int, Int) { (height, width) }

  /// The most that a kernel, a stride, a dilation, a padding or a size may be, as of a tensor's axis and of the C core's plans: 2³¹ − 1.
  /// With it no size that is computed from them leaves 63 bits.
  package static let largest = Int(Int32.max)
  /// Both in 1...2³¹ − 1.
  package var isSize: Bool { min(height, width) >= 1 && max(height, width) <= IntOrPair.largest }
}

/// Zeros around an image.
public enum Padding: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// None: `explicit(0)`.
  case valid
  /// As many that the output has ⌈size / stride⌉ elements; an odd one goes below and to the right, as in TensorFlow.
  case same
  case explicit(top: Int, left: Int, bottom: Int, right: Int)

  /// The same on all four sides.
  public static func explicit(_ all: Int) -> Padding { .explicit(top: all, left: all, bottom: all, right: all) }

  /// One number means all four sides: `2` is `explicit(2)`.
  public init(integerLiteral value: Int) { self = .explicit(value) }

  /// `valid`, `same`, one number if the sides agree, or `(top 1, left 1, bottom 2, right 2)`.
  public var description: String {
    switch self {
    case .valid: "valid"
    case .same: "same"
    case .explicit(let top, let left, let bottom, let right):
      top == left && top == bottom && top == right
        ? "\(top)" : "(top \(top), left \(left), bottom \(bottom), right \(right))"
    }
  }

  /// In pixels, of windows on an image of a height and width.
  package func resolved(
    input: IntOrPair, kernel: IntOrPair, stride: IntOrPair, dilation: IntOrPair = 1
  ) -> ImageEdges {
    switch self {
    case .valid: return .none
    case .explicit(let top, let left, let bottom, let right):
      if min(top, left, bottom, right) < 0 || max(top, left, bottom, right) > IntOrPair.largest {
        fatalError("padding \(self) is not in 0...\(IntOrPair.largest)")
      }
      return ImageEdges(top: top, left: left, bottom: bottom, right: right)
    case .same:
      func total(_ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
        let output = (size + stride - 1) / stride
        return max(0, (output - 1) * stride + dilation * (kernel - 1) + 1 - size)
      }
      let vertical = total(input.height, kernel.height, stride.height, dilation.height)
      let horizontal = total(input.width, kernel.width, stride.width, dilation.width)
      return ImageEdges(
        top: vertical / 2, left: horizontal / 2, bottom: vertical - vertical / 2, right: horizontal - horizontal / 2)
    }
  }
}
