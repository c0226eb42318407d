import Apus
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Each fact of the table, found in the function itself.
@Suite struct ActivationFactsTests {
  /// −60 … 60 in steps of 1/64, without 0.
  private static let grid = (-3840...3840).filter { $0 != 0 }.map { Double($0) / 64 }

  private static func values(_ facts: ActivationFacts, _ x: [Double]) throws -> [Double] {
    let function = try #require(facts.function)
    return withPrecision(.float64) { function(Tensor(x)) }.array(of: Double.self)
  }

  private static func derivatives(_ facts: ActivationFacts, _ x: [Double]) throws -> [Double] {
    let function = try #require(facts.function)
    let gradient = doubleGradients(at: [Tensor(x)]) { function($0[0]).sum() }.gradients[0]
    return try #require(gradient ?? nil).array(of: Double.self)
  }

  /// All but Maxout, which is not a function of one element.
  static let functions = ActivationFacts.all.filter { $0.function != nil }.map(\.name)

  @Test func everyNameIsThereOnce() {
    let names = ActivationFacts.all.map(\.name)
    #expect(Set(names).count == names.count && names.count >= 12)
    #expect(ActivationFacts.all.filter { $0.function == nil }.map(\.name) == ["Maxout"])
    #expect(ActivationFacts.named("GeLU") == nil)
    for facts in ActivationFacts.all {
      #expect(!facts.equation.isEmpty && facts.lectures.allSatisfy { Lecture.titles.indices.contains($0) })
      #expect(facts.name == "Identity" || !facts.paper.isEmpty)
    }
  }

  @Test(arguments: functions) func range(name: String) throws {
    let facts = try #require(ActivationFacts.named(name))
    let y = try Self.values(facts, Self.grid + [-1e4, 1e4])
    let (least, most) = (y.min()!, y.max()!)
    #expect(least >= facts.range.lowerBound && most <= facts.range.upperBound)
    // Bounds are reached or approached, and without a bound values grow on.
    let lower = facts.range.lowerBound
    #expect(lower.isFinite ? least - lower < 1e-4 : least <= -100)
    let upper = facts.range.upperBound
    #expect(upper.isFinite ? upper - most < 1e-4 : most >= 1e3)
  }

  @Test(arguments: functions) func saturation(name: String) throws {
    let facts = try #require(ActivationFacts.named(name))
    let ends = try Self.derivatives(facts, [-50, 50]).map { abs($0) < 1e-12 }
    let found: ActivationFacts.Saturation = ends[0] ? (ends[1] ? .both : .negative) : .none
    #expect(found == facts.saturation)
    #expect(!ends[1] || ends[0], "none saturates above only")
  }

  @Test(arguments: functions) func centering(name: String) throws {
    let facts = try #require(ActivationFacts.named(name))
    let y = try Self.values(facts, Self.grid)
    let mean = y.reduce(0, +) / Double(y.count)
    let found: ActivationFacts.Centering = abs(mean) < 1e-12 ? .zero : y.min()! < 0 ? .bothSigns : .positive
    #expect(found == facts.centering)
  }

  /// What costs no exponential is at most quadratic in pieces: its third differences vanish away from where they meet.
  @Test(arguments: functions) func cost(name: String) throws {
    let facts = try #require(ActivationFacts.named(name))
    let x = Self.grid.filter { x in abs(x) < 5 && facts.kinks.allSatisfy { abs(x - $0) > 0.1 } }
    let y = try [-0.05, 0, 0.05, 0.1].map { step in try Self.values(facts, x.map { $0 + step * 0.9 }) }
    let bend = x.indices.map { abs(y[3][$0] - 3 * y[2][$0] + 3 * y[1][$0] - y[0][$0]) }.max()!
    #expect((bend < 1e-12) == (facts.cost == .comparison), "\(bend)")
  }

  @Test(arguments: functions) func monotony(name: String) throws {
    let facts = try #require(ActivationFacts.named(name))
    let y = try Self.values(facts, Self.grid)
    #expect(zip(y, y.dropFirst()).allSatisfy { $0 <= $1 } == facts.isMonotone)
  }

  /// Dead: a derivative of exactly 0 although nothing has underflowed yet.
  @Test(arguments: functions) func dying(name: String) throws {
    let facts = try #require(ActivationFacts.named(name))
    let left = [-5, -1, -0.5].map { facts.kinks[0] + $0 }
    #expect(try Self.derivatives(facts, left).allSatisfy { $0 == 0 } == facts.canDie)
  }

  /// A rectifier's gain keeps the mean square of a normal input: E[f(z)²] = 1 / gain².
  @Test func gainsOfRectifiers() throws {
    let z = stride(from: -12.0, through: 12, by: 1 / 256.0).map { $0 }
    let weights = z.map { exp(-$0 * $0 / 2) }
    let all: [ActivationFacts] = [.identity, .relu, .leakyReLU(), .leakyReLU(slope: 0.3), .prelu]
    for facts in all {
      let y = try Self.values(facts, z)
      let square = zip(y, weights).reduce(0) { $0 + $1.0 * $1.0 * $1.1 } / weights.reduce(0, +)
      let gain = try #require(facts.gain)
      #expect(abs(square * gain * gain - 1) < 1e-6, "\(facts.name)")
    }
    #expect(ActivationFacts.relu.gain == Initializer.Gain.relu.factor)
    #expect(ActivationFacts.tanh.gain == Initializer.Gain.tanh.factor)
    #expect(Initializer.Gain.activation(.sigmoid).factor == 1)
  }

  /// Outputs of a sigmoid are positive, so all gradients of a unit's weights behind it share the sign of the unit's gradient; those
  /// behind a tanh do not.
  @Test func positiveOutputsGiveGradientsOfOneSign() throws {
    let x = floats([1, 64], seed: 61)
    for facts in ActivationFacts.all {
      guard let function = facts.function else { continue }
      let hidden = function(x)
      let (_, gradients) = valueWithGradients(at: [floats([64, 1], seed: 62)]) { matmul(hidden, $0[0]).sum() }
      let signs = try #require(gradients[0]).array(of: Float.self)
      #expect(signs.allSatisfy { $0 >= 0 } == (facts.centering == .positive), "\(facts.name)")
    }
  }

  @Test func theDerivativeOfASigmoidIsAtMostAQuarter() throws {
    let slopes = try Self.derivatives(.sigmoid, Self.grid + [0])
    #expect(slopes.max() == 0.25)
    // Saturated at 6, as the lecture draws it.
    #expect(try Self.derivatives(.sigmoid, [6])[0] < 0.0025)
  }
}
