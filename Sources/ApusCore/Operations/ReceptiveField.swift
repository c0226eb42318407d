/// The part of the input that one element of a tensor depends on, height by width, in pixels.
package struct ReceptiveField: Hashable, Sendable, CustomStringConvertible {
  /// Rows of the input, counted as if it had no border: it may be more than the input has.
  package var height: Int
  /// Columns of the input, counted in the same way.
  package var width: Int
  /// Input pixels between neighboring elements.
  package var jump: (height: Int, width: Int)
  /// Row and column of the input where the field of the first element begins: below 0 where it reaches into padding. That of
  /// element i begins at start + i · jump.
  package var start: (height: Int, width: Int) = (0, 0)

  /// Whether size, jump and place are equal.
  package static func == (a: ReceptiveField, b: ReceptiveField) -> Bool {
    a.height == b.height && a.width == b.width && a.jump == b.jump && a.start == b.start
  }

  /// Leaves out jump and place, so fields that differ in them alone have the same hash.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(height)
    hasher.combine(width)
  }

  /// The size without the jump: `11×11`.
  package var description: String { "\(height)×\(width)" }

  /// A pixel of the input itself.
  package static let pixel = ReceptiveField(height: 1, width: 1, jump: (1, 1))

  /// After a window: size += (kernel − 1) · dilation · jump, start −= padding · jump, jump *= stride. What leaves 63 bits stays at their
  /// end.
  func through(_ window: Window) -> ReceptiveField {
    func grown(_ size: Int, _ kernel: Int, _ dilation: Int, _ jump: Int) -> Int {
      let (sum, overflow) = size.addingReportingOverflow(saturatingProduct(kernel - 1, dilation, jump))
      return overflow ? Int.max : sum
    }
    func moved(_ start: Int, _ before: Int, _ jump: Int) -> Int {
      let (difference, overflow) = start.subtractingReportingOverflow(saturatingProduct(before, jump))
      return overflow ? Int.min : difference
    }
    return ReceptiveField(
      height: grown(height, window.kernel.0, window.dilation.0, jump.height),
      width: grown(width, window.kernel.1, window.dilation.1, jump.width),
      jump: (
        saturatingProduct(jump.height, window.stride.0), saturatingProduct(jump.width, window.stride.1)
      ),
      start: (
        moved(start.height, window.before.0, jump.height), moved(start.width, window.before.1, jump.width)
      ))
  }

  package struct Window {
    var kernel: (Int, Int)
    var stride: (Int, Int)
    var dilation: (Int, Int) = (1, 1)
    /// Rows above and columns to the left of the image into which the first window reaches.
    var before: (Int, Int) = (0, 0)

    package init(
      kernel: (Int, Int), stride: (Int, Int), dilation: (Int, Int) = (1, 1), before: (Int, Int) = (0, 0)
    ) {
      self.kernel = kernel
      self.stride = stride
      self.dilation = dilation
      self.before = before
    }
  }
}
