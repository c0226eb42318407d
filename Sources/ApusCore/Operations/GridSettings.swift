/// How `gridSample` reads images.
public struct GridSettings: Hashable, Sendable {
  /// The nearest pixel in place of the four around a place.
  package var isNearest: Bool
  /// Places outside of the image are moved to the nearest pixel; else there are zeros.
  package var atBorder: Bool
  /// −1 and 1 are the centers of the first and the last pixel in place of their outer borders.
  package var alignCorners: Bool

  package init(isNearest: Bool, atBorder: Bool, alignCorners: Bool) {
    (self.isNearest, self.atBorder, self.alignCorners) = (isNearest, atBorder, alignCorners)
  }
}
