import ApusCore

/// A model's output beside the one that its original made of the same input: whether weights were loaded as they are meant.
///
/// ```swift
/// try model.load("weights.pth", input: [1, 224, 224, 3])
/// try model.compare(Npy.read("x.npy"), with: Npy.read("logits.npy"))
/// ```
public struct OutputComparison: Hashable, Sendable {
  /// The largest |output − expected|, divided by the largest |expected|; infinite if one of a pair is not finite and they differ, and
  /// the difference itself if all that is expected is 0.
  public let largestError: Double
  /// Where it is: an index per axis.
  package let place: [Int]
  /// Output and expectation there.
  package let output, expected: Float
  /// The largest error allowed.
  package let tolerance: Double
  package let shape: Shape

  /// Whether the error is at most the tolerance.
  public var holds: Bool { largestError <= tolerance }

  /// Of tensors of one shape.
  init(_ y: Tensor, _ want: Tensor, tolerance: Double) {
    let (y, wanted) = (y.array(of: Float.self), want.array(of: Float.self))
    let largest = wanted.reduce(0.0) { $1.isFinite ? max($0, Double(abs($1))) : $0 }
    var (worst, index) = (-1.0, 0)
    for (i, (a, b)) in zip(y, wanted).enumerated() where a != b && !(a.isNaN && b.isNaN) {
      let difference = abs(Double(a) - Double(b))
      let error = difference.isFinite ? difference : .infinity
      if error > worst { (worst, index) = (error, i) }
    }
    largestError = worst < 0 ? 0 : largest > 0 ? worst / largest : worst
    var rest = index
    place = want.shape.reversed().map { size in
      defer { rest /= max(1, size) }
      return rest % max(1, size)
    }.reversed()
    (output, expected) = y.isEmpty ? (0, 0) : (y[index], wanted[index])
    (self.tolerance, shape) = (tolerance, want.shape)
  }
}

/// A model that does not do what its original does.
public enum OutputComparisonError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The outputs differ by more than was allowed.
  case differs(OutputComparison)
  /// The model has another number of results.
  case count(Int, expected: Int)
  /// The outputs have different shapes.
  case shape(Shape, expected: Shape)

  /// One line, with the largest difference and its place, or both shapes.
  public var description: String {
    switch self {
    case .differs(let comparison): "\(comparison)"
    case .count(let count, let expected): "the model has \(count) results, expected \(expected)"
    case .shape(let shape, let expected):
      "the model's output is \(shape), expected \(expected)"
        + (Self.areTransposed(shape, expected)
          ? ", which has its channels first: give arrays as the library has them, [N, H, W, C]" : "")
    }
  }

  private static func areTransposed(_ shape: Shape, _ expected: Shape) -> Bool {
    shape.count == 4 && expected.count == 4 && [0, 3, 1, 2].map { shape[$0] } == Array(expected)
  }
}

extension OutputComparison: CustomStringConvertible {
  /// One line: the largest error, and where.
  public var description: String {
    if largestError == 0 { return "equal: all \(shape.elementCount) numbers of \(shape)" }
    return """
      \(holds ? "equal within \(tolerance)" : "not equal"): the largest error is \(Float(largestError)) of the largest number, \
      \(output) where \(expected) is expected, at \(place) of \(shape)\(holds ? "" : "; allowed is \(tolerance)")
      """
  }
}

extension Layer {
  /// Runs the model in inference on `x` and compares the output with what its original made of it.
  ///
  /// - Parameters:
  ///   - x: a batch as the model takes it: images [N, H, W, C].
  ///   - expected: the original's output, float32 or float64, of the output's shape.
  ///   - tolerance: the largest difference allowed, as a part of the largest number expected.
  /// - Returns: the largest difference found, where it is allowed.
  /// - Throws: `OutputComparisonError` if the outputs differ, `PlanError` if the model does not take `x`.
  @discardableResult
  public func compare(_ x: Tensor, with expected: Tensor, tolerance: Double = 1e-5) throws -> OutputComparison {
    try ForwardPass(self, input: x.shape).compare([x], with: [expected], tolerance)[0]
  }
}

extension Network {
  /// As `Layer.compare(_:with:tolerance:)`, of all results in their order.
  @discardableResult
  public func compare(
    _ inputs: [Tensor], with expected: [Tensor], tolerance: Double = 1e-5
  ) throws -> [OutputComparison] {
    try ForwardPass(self, inputs: inputs.map(\.shape)).compare(inputs, with: expected, tolerance)
  }
}

extension ForwardPass {
  fileprivate func compare(
    _ inputs: [Tensor], with expected: [Tensor], _ tolerance: Double
  ) throws -> [OutputComparison] {
    let shapes = try plan().outputs.map(\.shape)
    if shapes.count != expected.count {
      throw OutputComparisonError.count(shapes.count, expected: expected.count)
    }
    for (shape, expected) in zip(shapes, expected) where shape != expected.shape {
      throw OutputComparisonError.shape(shape, expected: expected.shape)
    }
    let outputs = withPhase(.inference, of: model) { run(inputs.map { $0.cast(to: .float32) }) }
    return try zip(outputs, expected).map { output, expected in
      let comparison = OutputComparison(output.tensor, expected.cast(to: .float32), tolerance: tolerance)
      if !comparison.holds { throw OutputComparisonError.differs(comparison) }
      return comparison
    }
  }
}
