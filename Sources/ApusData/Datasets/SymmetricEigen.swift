import ApusCore

/// Eigenvalues and eigenvectors of a real symmetric matrix, in double precision.
package struct SymmetricEigen {
  /// Largest first.
  package private(set) var values: [Double]
  /// Row k is the unit vector of the k-th value, its largest element positive.
  package private(set) var vectors: [[Double]]

  /// By LAPACK where the package's trait OpenBLAS is on, else by QL steps; equal to 1e-6 and better.
  package init(_ matrix: [[Double]]) {
    self = SymmetricEigen(lapack: matrix) ?? SymmetricEigen(steps: matrix)
  }

  /// By LAPACK's `dsyev`; `nil` in a build without it.
  package init?(lapack matrix: [[Double]]) {
    let n = matrix.count
    guard n > 0, let (values, vectors) = Kernels.symmetricEigen(matrix.flatMap { $0 }, n: n) else { return nil }
    self.init(values: values, vectors: (0..<n).map { Array(vectors[$0 * n..<($0 + 1) * n]) })
  }

  /// By Householder's reduction to a tridiagonal matrix, then implicit QL steps. Golub & Van Loan, "Matrix computations", section
  /// 8.3.
  package init(steps matrix: [[Double]]) {
    let n = matrix.count
    var v = matrix
    var d = n > 0 ? matrix[n - 1] : []
    var e = [Double](repeating: 0, count: n)
    SymmetricEigen.tridiagonalize(&v, &d, &e)
    SymmetricEigen.diagonalize(&v, &d, &e)
    self.init(values: d, vectors: (0..<n).map { column in (0..<n).map { v[$0][column] } })
  }

  /// Sorted, and with their signs settled.
  private init(values: [Double], vectors: [[Double]]) {
    let order = values.indices.sorted { values[$0] > values[$1] }
    self.values = order.map { values[$0] }
    self.vectors = order.map { SymmetricEigen.signed(vectors[$0]) }
  }

  /// An eigenvector or its opposite, whichever has the largest element positive.
  static func signed(_ vector: [Double]) -> [Double] {
    let largest = vector.max { abs($0) < abs($1) } ?? 1
    return largest < 0 ? vector.map { -$0 } : vector
  }

  private static func tridiagonalize(_ v: inout [[Double]], _ d: inout [Double], _ e: inout [Double]) {
    let n = d.count
    if n < 1 { return }
    for i in stride(from: n - 1, to: 0, by: -1) {
      let scale = d[..<i].reduce(0) { $0 + abs($1) }
      var h = 0.0
      if scale == 0 {
        e[i] = d[i - 1]
        for j in 0..<i {
          d[j] = v[i - 1][j]
          v[i][j] = 0
          v[j][i] = 0
        }
      } else {
        for k in 0..<i {
          d[k] /= scale
          h += d[k] * d[k]
        }
        let f = d[i - 1]
        let g = f > 0 ? -h.squareRoot() : h.squareRoot()
        e[i] = scale * g
        h -= f * g
        d[i - 1] = f - g
        for j in 0..<i { e[j] = 0 }
        for j in 0..<i {
          let f = d[j]
          v[j][i] = f
          var g = e[j] + v[j][j] * f
          for k in stride(from: j + 1, to: i, by: 1) {
            g += v[k][j] * d[k]
            e[k] += v[k][j] * f
          }
          e[j] = g
        }
        var sum = 0.0
        for j in 0..<i {
          e[j] /= h
          sum += e[j] * d[j]
        }
        let half = sum / (h + h)
        for j in 0..<i { e[j] -= half * d[j] }
        for j in 0..<i {
          let (f, g) = (d[j], e[j])
          for k in j..<i { v[k][j] -= f * e[k] + g * d[k] }
          d[j] = v[i - 1][j]
          v[i][j] = 0
        }
      }
      d[i] = h
    }
    for i in 0..<n - 1 {
      v[n - 1][i] = v[i][i]
      v[i][i] = 1
      let h = d[i + 1]
      if h != 0 {
        for k in 0...i { d[k] = v[k][i + 1] / h }
        for j in 0...i {
          let g = (0...i).reduce(0) { $0 + v[$1][i + 1] * v[$1][j] }
          for k in 0...i { v[k][j] -= g * d[k] }
        }
      }
      for k in 0...i { v[k][i + 1] = 0 }
    }
    for j in 0..<n {
      d[j] = v[n - 1][j]
      v[n - 1][j] = 0
    }
    v[n - 1][n - 1] = 1
    e[0] = 0
  }

  private static func diagonalize(_ v: inout [[Double]], _ d: inout [Double], _ e: inout [Double]) {
    let n = d.count
    if n < 2 { return }
    for i in 1..<n { e[i - 1] = e[i] }
    e[n - 1] = 0
    var (shift, largest) = (0.0, 0.0)
    for l in 0..<n {
      largest = max(largest, abs(d[l]) + abs(e[l]))
      var m = l
      while m < n - 1, abs(e[m]) > Double.ulpOfOne * largest { m += 1 }
      while m > l, abs(e[l]) > Double.ulpOfOne * largest {
        let g = d[l]
        var p = (d[l + 1] - g) / (2 * e[l])
        let r = p < 0 ? -(p * p + 1).squareRoot() : (p * p + 1).squareRoot()
        d[l] = e[l] / (p + r)
        d[l + 1] = e[l] * (p + r)
        let next = d[l + 1]
        let h = g - d[l]
        for i in stride(from: l + 2, to: n, by: 1) { d[i] -= h }
        shift += h
        p = d[m]
        var (c, c2, c3) = (1.0, 1.0, 1.0)
        let before = e[l + 1]
        var (s, s2) = (0.0, 0.0)
        for i in stride(from: m - 1, through: l, by: -1) {
          c3 = c2
          c2 = c
          s2 = s
          let g = c * e[i]
          let h = c * p
          let r = (p * p + e[i] * e[i]).squareRoot()
          e[i + 1] = s * r
          s = e[i] / r
          c = p / r
          p = c * d[i] - s * g
          d[i + 1] = h + s * (c * g + s * d[i])
          for k in 0..<n {
            let h = v[k][i + 1]
            v[k][i + 1] = s * v[k][i] + c * h
            v[k][i] = c * v[k][i] - s * h
          }
        }
        p = -s * s2 * c3 * before * e[l] / next
        e[l] = s * p
        d[l] = c * p
      }
      d[l] += shift
      e[l] = 0
    }
  }
}
