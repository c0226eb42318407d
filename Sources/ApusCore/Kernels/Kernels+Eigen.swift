import CApus

extension Kernels {
  /// Eigenvalues, the smallest first, and unit eigenvectors, one per row, of a symmetric matrix [n, n] by LAPACK; `nil` in a build
  /// without the trait OpenBLAS. Stops the program if the iteration does not converge, as with a NaN.
  package static func symmetricEigen(_ matrix: [Double], n: Int) -> (values: [Double], vectors: [Double])? {
    var vectors = matrix
    var values = [Double](repeating: 0, count: n)
    var error = apus_error()
    switch apus_symmetric_eigen(Int64(n), &vectors, &values, &error) {
    case APUS_OK: return (values, vectors)
    case APUS_UNSUPPORTED: return nil
    default: failed("the eigenvalues of a matrix", error)
    }
  }
}
