import ApusSupport

/// The sizes of a tensor's axes, outermost first; images are `[N, H, W, C]`. At most eight axes, none above 2³¹ − 1.
///
/// A shape is a small value without heap storage, so that making a tensor does not allocate for it.
public struct Shape: Hashable, Sendable {
  /// The most axes a tensor may have.
  package static let maximumRank = 8
  /// The most elements a tensor may have, as in the C core's plans: 2⁴⁰.
  package static let maximumElementCount = 1 << 40

  private var sizes: SIMD8<Int32>
  private var axes: UInt8

  /// The sizes, outermost axis first. Traps if there are more than eight, or one is not in 0...2³¹ − 1.
  public init<Sizes: Collection>(_ sizes: Sizes) where Sizes.Element == Int {
    self.init()
    for size in sizes { append(size) }
  }

  /// The shape of a scalar: no axes, one element.
  package init() {
    sizes = .zero
    axes = 0
  }

  /// Product of the sizes; 1 for a scalar.
  public var elementCount: Int {
    var product = 1
    for axis in 0..<Int(axes) {
      let (value, overflow) = product.multipliedReportingOverflow(by: Int(sizes[axis]))
      if overflow { fatalError("a tensor of shape \(self) has more than 2^63 elements") }
      product = value
    }
    return product
  }

  /// Adds an innermost axis.
  package mutating func append(_ size: Int) {
    if axes == Shape.maximumRank {
      fatalError(
        "a tensor has at most \(Shape.maximumRank) axes; one more of size \(size) was asked for beside \(self)")
    }
    if size < 0 || size > Int(Int32.max) {
      let hint = size == -1 ? "; x.reshaped(n, -1), without brackets, finds the size that is left" : ""
      fatalError("size \(size) of axis \(axes) is not in 0...\(Int32.max)\(hint)")
    }
    sizes[Int(axes)] = Int32(truncatingIfNeeded: size)
    axes += 1
  }

  /// Elements between neighbors along each axis of a contiguous tensor of this shape.
  package var contiguousStrides: [Int] {
    var strides = [Int](repeating: 1, count: count)
    for axis in indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * self[axis + 1] }
    return strides
  }
}

/// The product of factors of at least 0; `Int.max` where it is larger than that.
package func saturatingProduct(_ factors: Int...) -> Int {
  var product = 1
  for factor in factors {
    let (value, overflow) = product.multipliedReportingOverflow(by: factor)
    product = overflow ? Int.max : value
    if factor == 0 { return 0 }
  }
  return product
}

extension Shape: RandomAccessCollection, MutableCollection {
  /// Always 0.
  public var startIndex: Int { 0 }
  /// Number of axes.
  public var endIndex: Int { Int(axes) }

  /// The size of an axis, counted from the outermost. Traps if there is no such axis, or fails a `plan`, and if the new size is not in
  /// 0...2³¹ − 1.
  public subscript(axis: Int) -> Int {
    get {
      if axis >= 0 && axis < Int(axes) { return Int(sizes[axis]) }
      failShape("Reading", "axis \(axis) of shape \(self), which has \(axes) axes")
      return 1
    }
    set {
      if axis < 0 || axis >= Int(axes) { fatalError("axis \(axis) of shape \(self), which has \(axes) axes") }
      if newValue < 0 || newValue > Int(Int32.max) {
        fatalError("size \(newValue) of axis \(axis) is not in 0...\(Int32.max)")
      }
      sizes[axis] = Int32(truncatingIfNeeded: newValue)
    }
  }
}

extension Shape: ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The sizes, outermost axis first: `[64, 28, 28, 1]`. Traps as `init(_:)` does.
  public init(arrayLiteral sizes: Int...) { self.init(sizes) }

  /// The sizes in brackets: `[64, 28, 28, 1]`.
  public var description: String { "[" + map { String($0) }.joined(separator: ", ") + "]" }
}

extension Shape {
  /// The shape of two operands after broadcasting as in NumPy: aligned at the innermost axis, equal or 1. `nil` where they do not fit.
  static func broadcast(_ a: Shape, _ b: Shape) -> Shape? {
    if a == b { return a }
    let rank = Swift.max(a.count, b.count)
    var result = Shape()
    for axis in 0..<rank {
      let left = axis + a.count - rank
      let right = axis + b.count - rank
      let p = left < 0 ? 1 : a[left]
      let q = right < 0 ? 1 : b[right]
      if p != q && p != 1 && q != 1 { return nil }
      result.append(p == 1 ? q : p)
    }
    return result
  }

  /// Strides to read a tensor of this shape as one of `result`'s shape: 0 along broadcast axes.
  package func broadcastStrides(to result: Shape) -> [Int] {
    let own = contiguousStrides
    return result.indices.map { axis in
      let at = axis + count - result.count
      return at < 0 || self[at] == 1 ? 0 : own[at]
    }
  }

  /// An axis counted from the front, or from the back where negative.
  func axis(_ axis: Int, of operation: String) -> Int {
    let resolved = axis < 0 ? axis + count : axis
    if resolved >= 0 && resolved < count { return resolved }
    failShape(operation, "axis \(axis) of a tensor of shape \(self)")
    return 0
  }
}

/// A shape that is not what the code takes it for. While a plan is made the error is kept, and the code goes on with any value; else the
/// program stops here.
private func failShape(_ operation: String, _ problem: String) {
  if let keepsError = ThreadContext.ofThread?.plannedMemory?.keepsError { return keepsError(operation, problem) }
  fatalError(operation == "Reading" ? problem : "\(operation): \(problem)")
}
