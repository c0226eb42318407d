import ApusCore
import ApusSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Small sets in the plane on which a linear classifier fails, and a regression on which a polynomial overfits: the lectures' examples.
/// Each is a pure function of (count, seed).
public struct ToySet: Sendable {
  /// float32 [N, 2]; of the regression [N, 1].
  public let points: Tensor
  /// int32 [N]; of the regression none.
  public let labels: Tensor?
  /// float32 [N, 1]; of the regression only.
  public let targets: Tensor?

  /// Class 1 where both coordinates have the same sign: XOR. Points uniform in the square −1 ... 1.
  public static func quadrants(_ count: Int, seed: UInt64 = 1) -> ToySet {
    classified(count, seed: seed, stream: 1) { u, v in
      let (x, y) = (2 * u - 1, 2 * v - 1)
      return (x, y, x * y > 0 ? 1 : 0)
    }
  }

  /// Class 1 where 1 ≤ ‖x‖₂ ≤ 2, points uniform in the square −3 ... 3.
  public static func annulus(_ count: Int, seed: UInt64 = 1) -> ToySet {
    classified(count, seed: seed, stream: 2) { u, v in
      let (x, y) = (6 * u - 3, 6 * v - 3)
      let radius = (x * x + y * y).squareRoot()
      return (x, y, radius >= 1 && radius <= 2 ? 1 : 0)
    }
  }

  /// Class 1 within 0.5 of one of three centers, (−1, −1), (1, −1) and (0, 1): three modes. Points uniform in −2 ... 2.
  public static func threeModes(_ count: Int, seed: UInt64 = 1) -> ToySet {
    classified(count, seed: seed, stream: 3) { u, v in
      let (x, y) = (4 * u - 2, 4 * v - 2)
      let isInside = [(-1.0, -1.0), (1.0, -1.0), (0.0, 1.0)].contains { a, b in
        (x - a) * (x - a) + (y - b) * (y - b) <= 0.25
      }
      return (x, y, isInside ? 1 : 0)
    }
  }

  /// y = sin(2πx) + noise for x uniform in 0 ... 1: fit by polynomials, with and without a ridge term. Bishop 2006, section 1.1.
  public static func regression(_ count: Int, noise: Double = 0.2, seed: UInt64 = 1) -> ToySet {
    check(count)
    if !(noise >= 0) { fatalError("ToySet: noise of deviation \(noise)") }
    let x = Random.uniform(seed: seed, stream: RandomDomain.toySets | 4, count: count)
    let errors = Random.normal(seed: seed, stream: RandomDomain.toySets | 5, count: count)
    let y = zip(x, errors).map { Float(sin(2 * Double.pi * Double($0)) + noise * Double($1)) }
    return ToySet(points: Tensor(x, shape: [count, 1]), labels: nil, targets: Tensor(y, shape: [count, 1]))
  }

  /// [N, 1] → [N, degree + 1]: 1, x, x², …
  public static func powers(_ x: Tensor, degree: Int) -> Tensor {
    if degree < 0 || x.rank != 2 || x.shape[1] != 1 { fatalError("powers up to \(degree) of \(x.shape): takes [N, 1]") }
    var columns = [Tensor.ones(x.shape, x.scalarType)]
    for _ in 0..<degree { columns.append(columns.last! * x) }
    return Tensor.concatenated(columns, axis: 1)
  }

  private static func check(_ count: Int) {
    if count < 1 { fatalError("ToySet of \(count) points") }
  }

  private static func classified(
    _ count: Int, seed: UInt64, stream: UInt64, _ place: (Double, Double) -> (x: Double, y: Double, label: Int32)
  ) -> ToySet {
    check(count)
    let numbers = Random.uniform(seed: seed, stream: RandomDomain.toySets | stream, count: 2 * count)
    var (points, labels) = ([Float](), [Int32]())
    for index in 0..<count {
      let point = place(Double(numbers[2 * index]), Double(numbers[2 * index + 1]))
      points += [Float(point.x), Float(point.y)]
      labels.append(point.label)
    }
    return ToySet(
      points: Tensor(points, shape: [count, 2]), labels: Tensor(labels, shape: [count]), targets: nil)
  }
}
