import ApusCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What t-SNE makes small: KL(P ‖ Q) = Σ p log p − Σ p log q of a map's points, and its gradient.
package struct MapObjective {
  private enum Affinities {
    /// [N, N].
    case every(Tensor)
    case some(SparseAffinities, angle: Double)
  }

  private let affinities: Affinities
  /// Σ p, but for rounding 1, and Σ p log p.
  private let mass, negativeEntropy: Double

  /// Of rows `x` [N, D], all finite, with more than 3 × perplexity of them.
  package init(_ x: Tensor, perplexity: Double, method: TSNE.Method) {
    let points = x.transposed()
    switch method {
    case .exact:
      affinities = .every(MapObjective.symmetric(MapObjective.conditional(points, perplexity: perplexity)))
    case .barnesHut(let angle):
      let nearest = min(x.shape[0] - 1, Int((3 * perplexity).rounded(.up)))
      let (indices, squares) = Kernels.neighbors(points, nearest: nearest)
      let p = Kernels.affinities(squares, perplexity: perplexity)
      affinities = .some(MapObjective.symmetric(p, of: indices), angle: angle)
    }
    (mass, negativeEntropy) =
      switch affinities {
      case .every(let p): p.withUnsafeScalars(of: Float.self, MapObjective.sums)
      case .some(let p, _): p.values.withUnsafeBufferPointer(MapObjective.sums)
      }
  }

  /// Of given affinities [N, N], symmetric and with the sum 1, float32 or float64.
  package init(affinities: Tensor) {
    self.affinities = .every(affinities)
    (mass, negativeEntropy) = affinities.cast(to: .float64).withUnsafeScalars(of: Double.self, MapObjective.sums)
  }

  /// p(j | i) [N, N] of columns: a Gaussian of the distances from i, wide enough for the perplexity. A point is no neighbor of itself.
  package static func conditional(_ points: Tensor, perplexity: Double) -> Tensor {
    let count = points.shape[1]
    let distant = Tensor(shape: [count, count], of: Float.self) { values in
      values.initialize(repeating: 0)
      for point in 0..<count { values[point * (count + 1)] = .infinity }
    }
    return Kernels.affinities(Kernels.squaredDistances(points) + distant, perplexity: perplexity)
  }

  /// (p(j | i) + p(i | j)) / 2N.
  private static func symmetric(_ p: Tensor) -> Tensor { (p + p.transposed()) / Double(2 * p.shape[0]) }

  /// The same of `p` [N, K], where row i is about the points `neighbors`[i].
  private static func symmetric(_ p: Tensor, of neighbors: [Int32]) -> SparseAffinities {
    let (count, nearest) = (p.shape[0], p.shape[1])
    let values = p.array(of: Float.self)
    // Each pair stands with both of its points, and twice if both chose each other: sorted by the other point, those are adjacent.
    var heights = [Int](repeating: nearest, count: count)
    for neighbor in neighbors { heights[Int(neighbor)] += 1 }
    var ends = [Int](repeating: 0, count: count)
    for point in 1..<count { ends[point] = ends[point - 1] + heights[point - 1] }
    let firsts = ends
    var pairs = [(other: Int32, value: Float)](repeating: (0, 0), count: 2 * values.count)
    for place in values.indices {
      let (point, other) = (place / nearest, Int(neighbors[place]))
      pairs[ends[point]] = (Int32(other), values[place])
      pairs[ends[other]] = (Int32(point), values[place])
      ends[point] += 1
      ends[other] += 1
    }
    var result = SparseAffinities(starts: [0], neighbors: [], values: [])
    for point in 0..<count {
      let own = pairs[firsts[point]..<ends[point]].sorted { $0.other < $1.other }
      for pair in own {
        if Int(result.starts[point]) < result.values.count, result.neighbors.last == pair.other {
          result.values[result.values.count - 1] += pair.value / Float(2 * count)
        } else {
          result.neighbors.append(pair.other)
          result.values.append(pair.value / Float(2 * count))
        }
      }
      result.starts.append(Int64(result.values.count))
    }
    return result
  }

  private static func sums<Scalar: BinaryFloatingPoint>(_ p: UnsafeBufferPointer<Scalar>) -> (Double, Double) {
    var (mass, negativeEntropy) = (0.0, 0.0)
    for value in p where value > 0 {
      mass += Double(value)
      negativeEntropy += Double(value) * log(Double(value))
    }
    return (mass, negativeEntropy)
  }

  /// KL(P ‖ Q) of `map` [2, N].
  package func divergence(at map: Tensor) -> Double { divergence(of: forces(on: map, withLogs: true)) }

  /// 4 (exaggeration · attraction − repulsion / Z) of `map` [2, N], of its shape and type, and KL(P ‖ Q), never exaggerated.
  package func gradient(at map: Tensor, exaggeration: Double, withDivergence: Bool) -> (
    gradient: Tensor, divergence: Double?
  ) {
    let forces = forces(on: map, withLogs: withDivergence)
    let gradient = forces.attraction * (4 * exaggeration) - forces.repulsion * (4 / forces.normalizer)
    return (gradient, withDivergence ? divergence(of: forces) : nil)
  }

  private func forces(on map: Tensor, withLogs: Bool) -> MapForces {
    switch affinities {
    case .every(let p): Kernels.mapForces(map, affinities: p, withLogs: withLogs)
    case .some(let p, let angle): Kernels.mapForces(map, affinities: p, angle: angle, withLogs: withLogs)
    }
  }

  /// Of forces that have logs.
  private func divergence(of forces: MapForces) -> Double {
    let logs = forces.logs?.cast(to: .float64).sum().item() ?? .nan
    return negativeEntropy + logs + mass * log(forces.normalizer)
  }
}

extension MapForces {
  /// Z = Σ q over all pairs.
  fileprivate var normalizer: Double { mass.cast(to: .float64).sum().item() }
}
