import ApusCore
import ApusSupport

/// Principal components of rows, and whitening: rotates the rows to axes without correlation and gives each axis variance 1. "In
/// practice uncommon" with images, as the lectures say.
///
/// All of them come from the covariance's eigenvectors in double precision, D³ operations for rows of D numbers. The first few of long
/// rows are found by subspace iteration on the rows themselves in float32, about 1e-6 of the largest variance exact.
public struct PrincipalComponents: Sendable {
  /// Longer rows are never multiplied with themselves where few components are asked for.
  private static let mostExact = 512

  /// [D], of the rows.
  package let mean: Tensor
  /// [D, D], or [count, D]: row k is the axis of the k-th largest variance.
  public let components: Tensor
  /// One per component, largest first; of the population.
  public let variances: [Double]
  /// Each component's share of the variance of all D axes, in 0...1.
  public let explainedVariance: [Double]

  /// Of x [N, D]. Traps unless it has two rows or more.
  ///
  /// - Parameter count: how many components, at most the smaller one of N and D; all D if `nil`.
  public init(of x: Tensor, count: Int? = nil) {
    guard x.rank == 2, x.shape[0] > 1, x.shape[1] > 0 else {
      fatalError("PrincipalComponents takes rows [N, D], at least two; these are \(x.shape)")
    }
    let (rows, size) = (x.shape[0], x.shape[1])
    if let count, count < 1 || count > min(rows, size) {
      fatalError("PrincipalComponents(count: \(count)) of rows \(x.shape): 1...\(min(rows, size))")
    }
    let wide = x.cast(to: .float64)
    let center = wide.mean(axes: [0])
    let distances = wide - center
    let kept: Int
    let eigen: (values: [Double], vectors: [[Double]])
    if let count, size > PrincipalComponents.mostExact {
      eigen = SubspaceIteration.eigen(of: distances, count: count)
      kept = count
    } else {
      let covariance = (matmul(distances.transposed(), distances) / Double(rows)).array(of: Double.self)
      let all = SymmetricEigen((0..<size).map { Array(covariance[$0 * size..<($0 + 1) * size]) })
      eigen = (all.values, all.vectors)
      kept = count ?? size
    }
    let total = distances.square().mean(axes: [0]).sum().item()
    mean = center
    components = Tensor(eigen.vectors.prefix(kept).flatMap { $0 }, shape: [kept, size])
    variances = eigen.values.prefix(kept).map { max(0, $0) }
    explainedVariance = variances.map { total > 0 ? $0 / total : 0 }
  }

  /// x [N, D] along the first `count` components: [N, count].
  public func projected(_ x: Tensor, count: Int? = nil) -> Tensor {
    let axes = components.slice(axis: 0, range: 0..<(count ?? components.shape[0]))
    return matmul(x.cast(to: .float64) - mean, axes.transposed()).cast(to: x.scalarType)
  }

  /// The rows [N, D] that have these projections [N, count] and nothing along the other components.
  public func reconstructed(_ projections: Tensor) -> Tensor {
    guard projections.rank == 2, projections.shape[1] <= components.shape[0] else {
      fatalError(
        "reconstructed(\(projections.shape)) of \(components.shape[0]) components: rows of at most as many numbers")
    }
    let axes = components.slice(axis: 0, range: 0..<projections.shape[1])
    return (matmul(projections.cast(to: .float64), axes) + mean).cast(to: projections.scalarType)
  }

  /// Rows whose covariance is the identity: projected / √(variance + epsilon). With `zca` rotated back, which changes the rows least.
  public func whitened(_ x: Tensor, epsilon: Double = 1e-8, zca: Bool = false) -> Tensor {
    let scale = scale(epsilon)
    let white = matmul(x.cast(to: .float64) - mean, components.transposed()) * scale
    return (zca ? matmul(white, components) : white).cast(to: x.scalarType)
  }

  /// The same as one matrix W, [D, D] where all components are there, float64: (x − mean) · W.
  package func whitening(epsilon: Double, zca: Bool) -> Tensor {
    let white = components.transposed() * scale(epsilon)
    return zca ? matmul(white, components) : white
  }

  private func scale(_ epsilon: Double) -> Tensor {
    if !(epsilon >= 0) { fatalError("whitening with epsilon \(epsilon)") }
    return Tensor(variances.map { 1 / ($0 + epsilon).squareRoot() }, shape: [variances.count])
  }
}
