import ApusCore
import ApusSupport

extension Initializer {
  /// A random matrix with orthonormal columns or, where it is wider than high, rows, times the gain: no direction
  /// grows or fades. Filters are seen as matrices [KH·KW·C / groups, K].
  ///
  /// The Q of a normal matrix, in double precision, with the signs that make R's diagonal positive, so that Q is
  /// uniform over all such matrices. Work 4·n²·m for n vectors of m. Saxe et al. 2013,
  /// "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks".
  public static func orthogonal(gain: Gain = .linear) -> Initializer {
    Initializer { shape, _, _, seed, stream in
      guard shape.count >= 2, shape.elementCount > 0 else {
        fatalError(
          "orthogonal: a parameter of shape \(shape) is not a matrix: it takes at least two axes, none of size 0")
      }
      let columns = shape[shape.count - 1]
      let rows = shape.elementCount / columns
      let isTall = rows >= columns
      var vectors = Random.normal(seed: seed, stream: stream, count: rows * columns).map(Double.init)
      orthonormalize(&vectors, count: min(rows, columns), length: max(rows, columns))
      let factor = gain.factor
      return Tensor(shape: shape, of: Float.self) { buffer in
        for row in 0..<rows {
          for column in 0..<columns {
            let place = isTall ? column * rows + row : row * columns + column
            buffer[row * columns + column] = Float(factor * vectors[place])
          }
        }
      }
    }
  }
}

/// Gram-Schmidt on `count` vectors of `length`, one after the other in memory; each is made orthogonal twice, which
/// is enough to make it so to the last bits (Kahan's "twice is enough"). A norm is positive: no sign is left to
/// choose.
private func orthonormalize(_ vectors: inout [Double], count: Int, length: Int) {
  vectors.withUnsafeMutableBufferPointer { buffer in
    let base = buffer.baseAddress!
    for index in 0..<count {
      let own = base + index * length
      for _ in 0..<2 {
        for other in 0..<index { add(-dot(own, base + other * length, length), base + other * length, to: own, length) }
      }
      let scale = 1 / dot(own, own, length).squareRoot()
      for element in 0..<length { own[element] *= scale }
    }
  }
}

private func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
  var sums = SIMD8<Double>.zero
  var index = 0
  while index + 8 <= count {
    sums += vector(a + index) * vector(b + index)
    index += 8
  }
  var sum = sums.sum()
  while index < count {
    sum += a[index] * b[index]
    index += 1
  }
  return sum
}

private func add(
  _ factor: Double, _ a: UnsafePointer<Double>, to b: UnsafeMutablePointer<Double>, _ count: Int
) {
  var index = 0
  while index + 8 <= count {
    let sum = vector(b + index) + factor * vector(a + index)
    UnsafeMutableRawPointer(b + index).storeBytes(of: sum, as: SIMD8<Double>.self)
    index += 8
  }
  while index < count {
    b[index] += factor * a[index]
    index += 1
  }
}

private func vector(_ pointer: UnsafePointer<Double>) -> SIMD8<Double> {
  UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Double>.self)
}
