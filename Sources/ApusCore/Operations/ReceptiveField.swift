/// The part of the input that one element of a tensor depends on, height by width, in pixels.
package struct ReceptiveField: Hashable, Sendable, CustomStringConvertible {
  /// Rows of the input, counted as if it had no border: it may be more than the input has.
  package var height: Int
  /// Columns of the input, counted in the same way.
  package var width: Int
  /// Input pixels between neighboring elements.
  package var jump: (height: Int, width: Int)

  /// Whether size and jump are equal.
  package static func == (a: ReceptiveField, b: ReceptiveField) -> Bool {
    a.height == b.height && a.width == b.width && a.jump == b.jump
  }

  /// Leaves out the jump, so fields that differ in it alone have the same hash.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(height)
    hasher.combine(width)
  }

  /// The size without the jump: `11×11`.
  package var description: String { "\(height)×\(width)" }

  /// A pixel of the input itself.
  package static let pixel = ReceptiveField(height: 1, width: 1, jump: (1, 1))

  /// After a window: size += (kernel − 1) · dilation · jump, jump *= stride. What leaves 63 bits stays at their end.
  func through(_ window: Window) -> ReceptiveField {
    func grown(_ size: Int, _ kernel: Int, _ dilation: Int, _ jump: Int) -> Int {
      let (sum, overflow) = size.addingReportingOverflow(saturatingProduct(kernel - 1, dilation, jump))
      return overflow ? Int.max : sum
    }
    return ReceptiveField(
      height: grown(height, window.kernel.0, window.dilation.0, jump.height),
      width: grown(width, window.kernel.1, window.dilation.1, jump.width),
      jump: (
        saturatingProduct(jump.height, window.stride.0), saturatingProduct(jump.width, window.stride.1)
      ))
  }

  package struct Window {
    var kernel: (Int, Int)
    var stride: (Int, Int)
    var dilation: (Int, Int) = (1, 1)

    package init(kernel: (Int, Int), stride: (Int, Int), dilation: (Int, Int) = (1, 1)) {
      self.kernel = kernel
      self.stride = stride
      self.dilation = dilation
    }
  }
}
