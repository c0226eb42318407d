import ApusCore
import ApusData
import ApusSupport

/// A map in the plane of points of many numbers, in which near ones stay near.
///
/// ```swift
/// let map = try TSNE(perplexity: 30).map(features)        // [N, D] → map.points [N, 2]
/// ```
/// Each point chooses the others as neighbors with probabilities p, a Gaussian of their distances whose width gives it `perplexity`
/// neighbors; in the map with probabilities q ∝ 1 / (1 + d²). Gradient descent with momentum and gains makes KL(P ‖ Q) small:
///
///     ∂KL/∂yᵢ = 4 Σⱼ (pᵢⱼ − qᵢⱼ) (yᵢ − yⱼ) / (1 + |yᵢ − yⱼ|²)
///
/// In the first quarter of the iterations, at most 250, p is multiplied by `exaggeration`, so that clusters find together. Distances
/// within a cluster tell more than those between clusters; axes tell nothing. The same input and settings give the same bits, whatever
/// the number of threads.
///
/// L. van der Maaten and G. Hinton, "Visualizing Data using t-SNE", JMLR 9, 2008; L. van der Maaten, "Accelerating t-SNE using
/// Tree-Based Algorithms", JMLR 15, 2014.
public struct TSNE: Sendable {
  /// Where the points lie at first.
  public enum Start: Hashable, Sendable {
    /// Along the two principal components, with a deviation of 1e-4 along the first one.
    case principalComponents
    /// By a normal distribution of deviation 1e-4.
    case random(seed: UInt64)
  }

  /// How forces are summed.
  public enum Method: Hashable, Sendable {
    /// Over every pair, with affinities of every pair: 4 N² bytes.
    case exact
    /// Attraction over 3 × perplexity neighbors of each point, repulsion by a quadtree: the points of a cell whose side is below
    /// `angle` times its distance count as one. `angle` is in 0 ..< 0.7.
    case barnesHut(angle: Double)
  }

  /// How far a map is.
  public struct Progress: Hashable, Sendable {
    /// Iterations that are done, at least 1.
    public let iteration: Int
    /// Iterations that there will be.
    public let iterations: Int
    /// KL(P ‖ Q) in nats at the beginning of the iteration, without exaggeration; `nil` in most, as it costs time.
    public let divergence: Double?
  }

  /// Up to so many points `.exact` is the faster one where vectors are long, and its memory is no matter.
  package static let mostExact = 4096
  private static let mostExaggerated = 250
  private static let iterationsAReport = 50

  private let perplexity: Double
  private let iterations: Int
  private let exaggeration: Double
  private let learningRate: Double?
  private let start: Start
  private let method: Method?

  /// Traps where a setting has no meaning.
  ///
  /// - Parameters:
  ///   - perplexity: how many neighbors a point has, in effect: 5 to 50 are common.
  ///   - exaggeration: what p is multiplied by at first.
  ///   - learningRate: max(50, N / (4 · exaggeration)) if `nil`, as scikit-learn's `auto`. A. Belkina et al., "Automated optimized
  ///     parameters for T-distributed stochastic neighbor embedding", Nature Communications 10, 2019.
  ///   - method: `.exact` up to 4,096 points and `.barnesHut(angle: 0.5)` beyond if `nil`.
  public init(
    perplexity: Double = 30, iterations: Int = 1000, exaggeration: Double = 12, learningRate: Double? = nil,
    start: Start = .principalComponents, method: Method? = nil
  ) {
    if !(perplexity > 1 && perplexity.isFinite) { fatalError("t-SNE with perplexity \(perplexity): more than 1") }
    if iterations < 1 { fatalError("t-SNE with \(iterations) iterations: at least 1") }
    if !(exaggeration >= 1 && exaggeration.isFinite) {
      fatalError("t-SNE with exaggeration \(exaggeration): at least 1")
    }
    if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
      fatalError("t-SNE with learning rate \(learningRate): more than 0")
    }
    if case .barnesHut(let angle) = method, !(0..<0.7).contains(angle) {
      fatalError("t-SNE with angle \(angle): in 0 ..< 0.7")
    }
    (self.perplexity, self.iterations, self.exaggeration) = (perplexity, iterations, exaggeration)
    (self.learningRate, self.start, self.method) = (learningRate, start, method)
  }

  /// The map of `features` [N, D].
  ///
  /// - Parameter progress: called after each iteration; what it throws ends the map.
  /// - Returns: points [N, 2], float32, around 0, and KL(P ‖ Q) in nats.
  /// - Throws: `DataError` where there are fewer than 3 × perplexity other rows, a number that is not finite, or for the start by
  ///   principal components rows that are all the same, or where the learning rate throws the points beyond all numbers; what
  ///   `progress` throws.
  public func map(_ features: Tensor, progress: (Progress) throws -> Void = { _ in }) throws -> (
    points: Tensor, divergence: Double
  ) {
    if features.rank != 2 { fatalError("t-SNE takes rows [N, D]; these are \(features.shape)") }
    let x = features.cast(to: .float32)
    try check(x)
    let count = x.shape[0]
    let objective = MapObjective(
      x, perplexity: perplexity, method: method ?? (count <= TSNE.mostExact ? .exact : .barnesHut(angle: 0.5)))
    let rate = learningRate ?? max(50, Double(count) / (4 * exaggeration))
    let exaggerated = min(TSNE.mostExaggerated, iterations / 4)
    var descent = MapDescent(try startingMap(x))
    for iteration in 1...iterations {
      let isEarly = iteration <= exaggerated
      let reports = iteration % TSNE.iterationsAReport == 0
      let (gradient, divergence) = objective.gradient(
        at: descent.map, exaggeration: isEarly ? exaggeration : 1, withDivergence: reports)
      if let divergence { try check(divergence, at: iteration) }
      descent.step(gradient, learningRate: rate, momentum: isEarly ? 0.5 : 0.8)
      try progress(Progress(iteration: iteration, iterations: iterations, divergence: divergence))
    }
    let divergence = objective.divergence(at: descent.map)
    try check(divergence, at: iterations)
    return (descent.map.transposed(), divergence)
  }

  private func check(_ x: Tensor) throws(DataError) {
    let count = x.shape[0]
    let wanted = Int((3 * perplexity).rounded(.up)) + 1
    if count < wanted {
      throw DataError(
        "t-SNE", found: "\(count) rows",
        expected: "at least \(wanted) for perplexity \(perplexity), or a perplexity of at most \(max(0, count - 1) / 3)"
      )
    }
    try x.checkFinite("t-SNE")
  }

  private func check(_ divergence: Double, at iteration: Int) throws(DataError) {
    if divergence.isFinite { return }
    throw DataError(
      "t-SNE", found: "points that are not finite after \(iteration) iterations", expected: "a smaller learning rate")
  }

  /// [2, N].
  private func startingMap(_ x: Tensor) throws(DataError) -> Tensor {
    switch start {
    case .random(let seed):
      return Tensor.normal([2, x.shape[0]], seed: seed, stream: RandomDomain.maps) * 1e-4
    case .principalComponents:
      if x.shape[1] < 2 {
        throw DataError(
          "t-SNE", found: "rows of \(x.shape[1]) number", expected: "two numbers or more, or the start .random(seed:)")
      }
      let components = PrincipalComponents(of: x, count: 2)
      let deviation = components.variances[0].squareRoot()
      if !(deviation > 0) {
        throw DataError("t-SNE", found: "rows that are all the same", expected: "different ones")
      }
      return (components.projected(x.cast(to: .float64)) * (1e-4 / deviation)).cast(to: .float32).transposed()
    }
  }
}

extension Tensor {
  /// Of rows: throws the place of the first number that is not finite.
  package func checkFinite(_ place: String) throws(DataError) {
    let columns = shape[rank - 1]
    let found = withUnsafeScalars(of: Float.self) { values in
      values.firstIndex { !$0.isFinite }.map { ($0, values[$0]) }
    }
    if let (index, value) = found {
      throw DataError(
        place, found: "\(value) in row \(index / columns), column \(index % columns)", expected: "finite numbers")
    }
  }
}
