import ApusSupport

/// A box in an image whatever its size: the place of its center, and its width and height, as shares of the image's width and height.
package struct BoxShares: Hashable, Sendable {
  /// Of the center, from the left.
  package var x: Float
  /// Of the center, from the top.
  package var y: Float
  package var width: Float
  package var height: Float

  /// How many numbers a box is.
  package static let count = 4

  /// - Parameter numbers: x, y, width and height; a width or height below 0, which a network may give, is 0.
  package init(_ numbers: some Collection<Float>) {
    let numbers = Array(numbers)
    if numbers.count != BoxShares.count { fatalError("BoxShares of \(numbers.count) numbers") }
    (x, y, width, height) = (numbers[0], numbers[1], max(0, numbers[2]), max(0, numbers[3]))
  }

  /// Around whole pixels of an image.
  package init(rows: Range<Int>, columns: Range<Int>, ofHeight imageHeight: Int, width imageWidth: Int) {
    let (h, w) = (Float(imageHeight), Float(imageWidth))
    x = Float(columns.lowerBound + columns.upperBound) / 2 / w
    y = Float(rows.lowerBound + rows.upperBound) / 2 / h
    width = Float(columns.count) / w
    height = Float(rows.count) / h
  }

  /// x, y, width and height.
  package var numbers: [Float] { [x, y, width, height] }

  /// Left, top, right and bottom, in double precision.
  package var sides: (left: Double, top: Double, right: Double, bottom: Double) {
    let (x, y, w, h) = (Double(x), Double(y), Double(width) / 2, Double(height) / 2)
    return (x - w, y - h, x + w, y + h)
  }

  /// Area of the intersection over that of the union, from 0 to 1 (Jaccard 1912); 0 of two boxes without area. The same in pixels, since
  /// both are scaled alike.
  package func intersectionOverUnion(with other: BoxShares) -> Double {
    let (a, b) = (sides, other.sides)
    let width = max(0, min(a.right, b.right) - max(a.left, b.left))
    let height = max(0, min(a.bottom, b.bottom) - max(a.top, b.top))
    func area(_ box: (left: Double, top: Double, right: Double, bottom: Double)) -> Double {
      (box.right - box.left) * (box.bottom - box.top)
    }
    let intersection = width * height
    let union = area(a) + area(b) - intersection
    return union > 0 ? intersection / union : 0
  }
}
