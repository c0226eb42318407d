import Apus
import ApusData
import Testing

/// Eigenvalues and eigenvectors: what defines them, and that LAPACK's, where the package's trait OpenBLAS is on, are ours.
struct SymmetricEigenTests {
  /// A symmetric matrix of rows of random numbers' products, whose values lie apart.
  static func matrix(_ n: Int) -> [[Double]] {
    let x = Tensor.normal([n + 2, n], seed: 3, stream: 0).cast(to: .float64)
    let products = matmul(x.transposed(), x).array(of: Double.self)
    return (0..<n).map { row in (0..<n).map { products[row * n + $0] * Double(row + 1) * Double($0 + 1) } }
  }

  @Test(arguments: [1, 2, 7, 48])
  func vectorsSolveTheEquation(n: Int) {
    let a = SymmetricEigenTests.matrix(n)
    let eigen = SymmetricEigen(a)
    #expect(eigen.values.count == n && eigen.vectors.count == n)
    #expect(eigen.values == eigen.values.sorted(by: >))
    let scale = eigen.values.map { abs($0) }.max() ?? 0
    for (value, v) in pairs(eigen.values, eigen.vectors) {
      #expect(abs(v.reduce(0) { $0 + $1 * $1 } - 1) < 1e-12)
      for (row, element) in pairs(a, v) {
        let product = pairs(row, v).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(product - value * element) < 1e-12 * scale)
      }
    }
  }

  @Test(
    .enabled(if: SymmetricEigen(lapack: [[1]]) != nil, "the package's trait OpenBLAS is off"), arguments: [1, 2, 7, 48])
  func lapackAgrees(n: Int) throws {
    let a = SymmetricEigenTests.matrix(n)
    let (ours, theirs) = (SymmetricEigen(steps: a), try #require(SymmetricEigen(lapack: a)))
    let scale = ours.values.map { abs($0) }.max() ?? 0
    for (x, y) in pairs(ours.values, theirs.values) { #expect(abs(x - y) <= 1e-6 * scale) }
    for (x, y) in pairs(ours.vectors.flatMap { $0 }, theirs.vectors.flatMap { $0 }) { #expect(abs(x - y) <= 1e-6) }
  }
}
