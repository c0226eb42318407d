import ApusCore
import ApusSupport

/// A gradient with a value that is not finite.
public struct NonFiniteGradientError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Path of the first parameter whose gradient is not finite; `nil` if the model was never asked for its paths.
  package var path: String?

  /// One line, with the path if there is one.
  public var description: String { "the gradient of \(path ?? "a parameter without a path") is not finite" }
}

/// What is done to gradients between `valueWithGradients` and an optimizer's step. Norms are Euclidean, over chunks that the sizes
/// alone decide, so that no bit depends on the number of threads.
extension Gradients {
  /// √Σg² over all gradients.
  public func norm() throws(NonFiniteGradientError) -> Double {
    let isDouble = all.contains { $0.gradient.scalarType == .float64 }
    let squares = isDouble ? squaresInDouble : Kernels.gradientSquares(all.map(\.gradient))
    if let place = squares.firstIndex(where: { !$0.isFinite }) {
      throw NonFiniteGradientError(path: all[place].parameter.path)
    }
    return squares.reduce(0, +).squareRoot()
  }

  /// Throws if a gradient is not finite, and names its parameter.
  package func checkFinite() throws(NonFiniteGradientError) { _ = try norm() }

  /// Every number into [−limit, limit] (lecture 4): ḡ = min(limit, max(−limit, g)). Changes the direction.
  public mutating func clip(toValue limit: Double) throws(NonFiniteGradientError) {
    Gradients.check(limit, "value")
    try checkFinite()
    change { Kernels.clipGradients($0, to: limit) }
  }

  /// Scales all gradients together so that their norm is at most `limit`: g · limit / max(‖g‖, limit) (lecture 4; Pascanu et al. 2013).
  /// Keeps the direction.
  ///
  /// - Returns: the norm before.
  @discardableResult
  public mutating func clip(toNorm limit: Double) throws(NonFiniteGradientError) -> Double {
    Gradients.check(limit, "norm")
    let norm = try norm()
    if norm > limit { change { Kernels.scaleGradients($0, by: limit / norm) } }
    return norm
  }

  /// Adaptive gradient clipping: each unit's gradient to at most `clipping` times the norm of the unit's weights.
  ///
  /// A unit is an output: a column of a matrix `[in, out]`, a filter's `[KH, KW, Cin/groups]` for one output; a vector is one unit.
  /// With W a unit's weights and G their gradient, G becomes G · limit / ‖G‖ where ‖G‖ > limit = clipping · max(‖W‖, floor).
  /// Brock et al. 2021, equation 3 (lecture 3); the paper leaves out the last linear layer.
  ///
  /// - Parameter excluding: patterns of paths (as `ParameterGroup`'s) of parameters that are left as they are.
  public mutating func clipAdaptively(
    _ clipping: Double = 0.01, floor: Double = 1e-3, excluding: [String] = []
  ) throws(NonFiniteGradientError) {
    Gradients.check(clipping, "part")
    OptimizerCheck.number(floor, "clipAdaptively", "the floor")
    try checkFinite()
    let excluded = excluding.map { ParameterGroup($0) }
    let parameters = all.map(\.parameter)
    change { gradients in
      for (parameter, gradient) in zip(parameters, gradients) {
        if let path = parameter.path, excluded.contains(where: { $0.matches(path) }) { continue }
        let sizes = gradient.shape.filter { $0 != 1 }
        let units = sizes.count < 2 ? 1 : gradient.shape.last!
        if gradient.elementCount == 0 { continue }
        Kernels.clipGradientUnits(
          gradient, of: parameter.storedValue, rows: gradient.elementCount / units, units: units, clipping: clipping,
          floor: floor)
      }
    }
  }

  private static func check(_ limit: Double, _ what: String) {
    if !(limit > 0 && limit.isFinite) {
      fatalError("clipping gradients: the \(what) is \(limit), expected a number above 0")
    }
  }

  private var squaresInDouble: [Double] {
    all.map { Kernels.total(Kernels.unary(.square, $0.gradient.detached().cast(to: .float64))) }
  }
}
