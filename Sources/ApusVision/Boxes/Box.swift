/// A rectangle along the axes of an image, in pixels: pixel x of a row covers x to x + 1, so that `left: 0, right: 2` are two pixels.
public struct Box: Hashable, Sendable {
  /// Where it begins, from the image's left side.
  public var left: Float
  /// Where it begins, from the image's upper side.
  public var top: Float
  /// Where it ends, from the image's left side.
  public var right: Float
  /// Where it ends, from the image's upper side.
  public var bottom: Float

  /// A box from its sides, the order of torchvision's x1, y1, x2, y2.
  public init(left: Float, top: Float, right: Float, bottom: Float) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }

  /// From left to right.
  public var width: Float { right - left }
  /// From top to bottom.
  public var height: Float { bottom - top }
  /// Width times height.
  public var area: Float { width * height }

  /// How much the boxes have in common, from 0 to 1.
  public func overlap(with other: Box, per measure: OverlapMeasure = .union) -> Float {
    let common =
      max(0, min(right, other.right) - max(left, other.left)) * max(0, min(bottom, other.bottom) - max(top, other.top))
    switch measure {
    case .union: return common / (area + other.area - common)
    case .smaller: return common / min(area, other.area)
    }
  }
}

/// What the area that two boxes have in common is divided by.
public enum OverlapMeasure: Hashable, Sendable {
  /// The area that both cover together: intersection over union, the Jaccard index.
  case union
  /// The area of the smaller box, so that a box inside another one overlaps fully; MTCNN's "Min".
  case smaller
}
