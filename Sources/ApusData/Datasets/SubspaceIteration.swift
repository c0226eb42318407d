import ApusCore

/// The largest eigenvalues of a covariance that is never made: products with the rows alone, 4 N D operations a vector and iteration.
///
/// N. Halko, P.-G. Martinsson and J. Tropp, "Finding structure with randomness", SIAM Review 53, 2011, algorithms 4.4 and 5.3.
package enum SubspaceIteration {
  /// Vectors beyond those that are asked for: the next variances decide how fast the last one comes.
  private static let spare = 10
  private static let mostIterations = 100

  /// Values, largest first, and unit vectors of Xᵀ X / N for rows `x` [N, D] around 0, as `SymmetricEigen` gives them.
  ///
  /// Iterates until no value changes by 1e-7 of the largest, at most a hundred times. The first vectors are the same in every call.
  package static func eigen(of x: Tensor, count: Int) -> (values: [Double], vectors: [[Double]]) {
    let (rows, size) = (x.shape[0], x.shape[1])
    let width = min(count + spare, rows, size)
    let across = x.cast(to: .float32)
    let along = across.transposed()
    var basis = orthonormal(.normal([width, size], seed: 0, stream: RandomDomain.search))
    var (projected, found) = restricted(across, to: basis)
    for _ in 1..<mostIterations {
      basis = orthonormal(matmul(along, projected).transposed())
      let before = found.values
      (projected, found) = restricted(across, to: basis)
      let moved = zip(found.values, before).prefix(count).map { abs($0 - $1) }.max() ?? 0
      if moved <= 1e-7 * found.values[0] { break }
    }
    // The basis turned so that the rows have no correlation along its vectors.
    let vectors = found.vectors.prefix(count).map { weights in
      var vector = [Double](repeating: 0, count: size)
      for (weight, axis) in zip(weights, basis) {
        for place in vector.indices { vector[place] += weight * axis[place] }
      }
      return SymmetricEigen.signed(vector)
    }
    return (Array(found.values.prefix(count)), vectors)
  }

  /// The rows along each vector of the basis, and the eigenvectors of their covariance there.
  private static func restricted(_ rows: Tensor, to basis: [[Double]]) -> (projected: Tensor, eigen: SymmetricEigen) {
    let (width, size) = (basis.count, rows.shape[1])
    let axes = Tensor(basis.flatMap { $0.map(Float.init) }, shape: [width, size])
    let projected = matmul(rows, axes.transposed())
    let wide = projected.cast(to: .float64)
    let covariance = (matmul(wide.transposed(), wide) / Double(rows.shape[0])).array(of: Double.self)
    return (projected, SymmetricEigen((0..<width).map { Array(covariance[$0 * width..<($0 + 1) * width]) }))
  }

  /// Rows of `size` numbers made orthonormal, one after the other, twice: once loses digits where two are nearly along each other.
  private static func orthonormal(_ rows: Tensor) -> [[Double]] {
    let (elements, size) = (rows.array(of: Float.self), rows.shape[1])
    var basis: [[Double]] = []
    for first in stride(from: 0, to: elements.count, by: size) {
      var vector = elements[first..<first + size].map(Double.init)
      for _ in 0..<2 {
        for axis in basis {
          let along = zip(vector, axis).reduce(0) { $0 + $1.0 * $1.1 }
          for place in vector.indices { vector[place] -= along * axis[place] }
        }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        // Rows that span fewer directions leave a vector of nothing, which no product turns into another one.
        if length > 0 { for place in vector.indices { vector[place] /= length } }
      }
      basis.append(vector)
    }
    return basis
  }
}
