import Apus
import ApusCore
import ApusData
import ApusInsight
import Foundation
import Testing

/// t-SNE: what defines it, digits that stay together, the same bits, and what it refuses.
struct TSNETests {
  /// Rows in a few clusters.
  static func clusters(_ count: Int, _ size: Int, seed: UInt64) -> Tensor {
    let centers = Tensor.normal([5, size], seed: seed, stream: 97) * 4
    let places = Tensor((0..<count).map { Int32($0 % 5) })
    return centers.take(places, axis: 0) + floats([count, size], seed: seed)
  }

  /// All 1,797, as published: [1797, 64], and their classes.
  static func digits() throws -> (pixels: Tensor, labels: [Int32]) {
    let (images, labels) = try Digits.original()
    return (images.cast(to: .float32).reshaped([images.shape[0], 64]), labels)
  }

  /// The share of points whose nearest other one has their label.
  static func nearestAgree(_ points: Tensor, _ labels: [Int32]) -> Double {
    let nearest = Kernels.neighbors(points.transposed(), nearest: 1).indices
    return Double(pairs(labels, nearest).count { $0 == labels[Int($1)] }) / Double(labels.count)
  }

  @Test func everyRowHasThePerplexityAskedFor() throws {
    let (pixels, _) = try TSNETests.digits()
    let p = MapObjective.conditional(pixels.transposed(), perplexity: 30)
    #expect(p.shape == [1797, 1797])
    let wide = p.cast(to: .float64).array(of: Double.self)
    var worst = 0.0
    for row in 0..<1797 {
      let shares = wide[row * 1797..<(row + 1) * 1797]
      #expect(shares[row * 1797 + row] == 0 && abs(shares.reduce(0, +) - 1) < 1e-6)
      let entropy = shares.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
      worst = max(worst, abs(exp(entropy) - 30))
    }
    #expect(worst < 1e-3, "\(worst)")
  }

  @Test func theGradientIsThatOfTheDivergence() {
    let count = 9
    let given = doubles([count, count], seed: 1, positive: true)
    let symmetric =
      (given + given.transposed()) * Tensor((0..<81).map { $0 % 10 == 0 ? 0 : 1 as Double }, shape: [9, 9])
    let objective = MapObjective(affinities: symmetric / symmetric.sum())
    let map = doubles([2, count], seed: 2)
    let gradient = objective.gradient(at: map, exaggeration: 1, withDivergence: false).gradient.array(of: Double.self)
    let values = map.array(of: Double.self)
    let step = 1e-4
    for place in values.indices {
      let sides = [step, -step].map { moved in
        var other = values
        other[place] += moved
        return objective.gradient(at: Tensor(other, shape: map.shape), exaggeration: 1, withDivergence: true).divergence
          ?? .nan
      }
      #expect(abs((sides[0] - sides[1]) / (2 * step) - gradient[place]) < 1e-6 * (1 + abs(gradient[place])))
    }
    // Exaggerated, attraction alone grows: by once, twice and three times the gradients are on a line.
    let several = [1.0, 2, 3].map {
      objective.gradient(at: map, exaggeration: $0, withDivergence: false).gradient.array(of: Double.self)
    }
    for place in values.indices {
      #expect(several[1][place] != several[0][place])
      #expect(abs(several[0][place] + several[2][place] - 2 * several[1][place]) < 1e-12)
    }
  }

  @Test func aTreeAndSomeNeighborsGiveNearlyTheSameGradient() throws {
    let x = TSNETests.clusters(600, 10, seed: 3)
    let map = floats([2, 600], seed: 4) * 10
    let exact = MapObjective(x, perplexity: 20, method: .exact)
    let tree = MapObjective(x, perplexity: 20, method: .barnesHut(angle: 0.3))
    let (a, b) = (
      exact.gradient(at: map, exaggeration: 1, withDivergence: true),
      tree.gradient(at: map, exaggeration: 1, withDivergence: true)
    )
    let (ga, gb) = (a.gradient.cast(to: .float64), b.gradient.cast(to: .float64))
    let difference = (ga - gb).square().sum().item().squareRoot() / ga.square().sum().item().squareRoot()
    #expect(difference < 0.05, "\(difference)")
    #expect(abs(try #require(a.divergence) - (try #require(b.divergence))) < 0.1)
  }

  @Test func digitsStayTogether() throws {
    let (pixels, labels) = try TSNETests.digits()
    #expect(TSNETests.nearestAgree(pixels, labels) > 0.985)
    var divergences: [Int: Double] = [:]
    let (points, divergence) = try TSNE().map(pixels) { progress in
      #expect(progress.iterations == 1000)
      if let value = progress.divergence { divergences[progress.iteration] = value }
    }
    #expect(points.shape == [1797, 2] && divergences.count == 20)
    let agree = TSNETests.nearestAgree(points, labels)
    #expect(agree >= 0.95, "\(agree)")
    // What exaggeration holds together comes apart, and from then on the divergence falls.
    let after = stride(from: 300, through: 1000, by: 50).compactMap { divergences[$0] } + [divergence]
    #expect(after.count == 16 && zip(after, after.dropFirst()).allSatisfy { $0 > $1 }, "\(after)")
    #expect(divergence < 0.8 * (divergences[250] ?? 0))
    let center = points.mean(axes: [0]).array(of: Float.self)
    #expect(center.allSatisfy { abs($0) < 1e-3 })
  }

  @Test(arguments: [TSNE.Method.exact, .barnesHut(angle: 0.5)])
  func clustersStayTogetherWithTheSameBitsForAnyThreads(method: TSNE.Method) throws {
    let x = TSNETests.clusters(300, 8, seed: 5)
    let labels = (0..<300).map { Int32($0 % 5) }
    defer { Runtime.threadCount = 0 }
    let maps = try [1, 2, 3].map { threads in
      Runtime.threadCount = threads
      return try TSNE(perplexity: 15, iterations: 300, start: .random(seed: 7), method: method).map(x).points
    }
    expectSameBits(maps[0], maps[1])
    expectSameBits(maps[0], maps[2])
    #expect(TSNETests.nearestAgree(maps[0], labels) > 0.95)
    let other = try TSNE(perplexity: 15, iterations: 300, start: .random(seed: 8), method: method).map(x).points
    #expect(other.array(of: Float.self) != maps[0].array(of: Float.self))
  }

  @Test func refusesWhatCannotBeMapped() {
    func problem(_ found: String, _ expected: String) -> DataError {
      DataError("t-SNE", found: found, expected: expected)
    }
    let rows = floats([91, 3], seed: 1)
    let fewer = rows.slice(axis: 0, range: 0..<90)
    #expect(throws: problem("90 rows", "at least 91 for perplexity 30.0, or a perplexity of at most 29")) {
      try TSNE().map(fewer)
    }
    var values = rows.array(of: Float.self)
    values[7 * 3 + 2] = .nan
    #expect(throws: problem("nan in row 7, column 2", "finite numbers")) {
      try TSNE().map(Tensor(values, shape: [91, 3]))
    }
    #expect(throws: problem("rows that are all the same", "different ones")) { try TSNE().map(.ones([91, 3])) }
    #expect(throws: problem("rows of 1 number", "two numbers or more, or the start .random(seed:)")) {
      try TSNE().map(.ones([91, 1]))
    }
    // One place for all is a map, if one that tells nothing.
    #expect(throws: Never.self) { try TSNE(iterations: 4, start: .random(seed: 1)).map(.ones([91, 1])) }
    #expect(throws: problem("points that are not finite after 50 iterations", "a smaller learning rate")) {
      try TSNE(iterations: 400, learningRate: 1e30).map(rows)
    }
    struct Stop: Error {}
    var calls = 0
    #expect(throws: Stop.self) {
      try TSNE(iterations: 50).map(rows) { _ in
        calls += 1
        if calls == 3 { throw Stop() }
      }
    }
    #expect(calls == 3)
  }

  @Test func settingsWithoutMeaningStop() async {
    let perplexity = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = TSNE(perplexity: 1)
    }
    #expect(errorText(perplexity).contains("t-SNE with perplexity 1.0: more than 1"))
    let angle = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = TSNE(method: .barnesHut(angle: 0.7))
    }
    #expect(errorText(angle).contains("t-SNE with angle 0.7: in 0 ..< 0.7"))
    let shape = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try TSNE().map(.zeros([100, 2, 2]))
    }
    #expect(errorText(shape).contains("t-SNE takes rows [N, D]; these are [100, 2, 2]"))
  }
}
