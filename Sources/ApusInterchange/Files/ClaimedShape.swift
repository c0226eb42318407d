import ApusCore
import ApusSupport

extension Shape {
  /// The shape and the bytes of a tensor whose `sizes` a file claims. Throws if a tensor cannot have them.
  static func claimed(
    _ sizes: [Int], of type: StoredType, file: String, part: String
  ) throws(FileError) -> (shape: Shape, byteCount: Int) {
    func refusal(_ found: String, _ expected: String) -> FileError {
      FileError(file, part: part, found: found, expected: expected)
    }
    if sizes.count > Shape.maximumRank { throw refusal("\(sizes.count) axes", "at most \(Shape.maximumRank)") }
    // Empty axes count as 1 here: strides are products without them.
    var bound = type.byteCount
    for size in sizes {
      if size < 0 { throw refusal("an axis of size \(size)", "at least 0") }
      if size > Int(Int32.max) { throw refusal("an axis of size \(size)", "at most \(Int32.max)") }
      let (product, overflow) = bound.multipliedReportingOverflow(by: Swift.max(1, size))
      if overflow {
        throw refusal("shape \(sizes), whose sizes make more than 2^63 bytes", "a shape that fits its data")
      }
      bound = product
    }
    let shape = Shape(sizes)
    return (shape, sizes.contains(0) ? 0 : bound)
  }
}
