import ApusCore

/// How a parameter's first values are drawn. Numbers come from the counter-based generator: a model made inside
/// `Random.withSeed(1) { … }` is the same every time.
public struct Initializer: Sendable {
  /// Which of a layer's fans scales the deviation: inputs of an output, or outputs of an input.
  public enum Fan: Sendable { case input, output }

  /// Takes the place of every convolution's and linear layer's own; see `ofWeights(_:_:)`.
  @TaskLocal static var chosen: Initializer?

  private let make: @Sendable (_ shape: Shape, _ fanIn: Int, _ fanOut: Int, _ seed: UInt64, _ stream: UInt64) -> Tensor

  /// An initializer of one's own: a pure function of its arguments.
  public init(
    _ make:
      @escaping @Sendable (_ shape: Shape, _ fanIn: Int, _ fanOut: Int, _ seed: UInt64, _ stream: UInt64) -> Tensor
  ) {
    self.make = make
  }

  /// The values for a parameter; each call draws anew.
  public func tensor(_ shape: Shape, fanIn: Int, fanOut: Int) -> Tensor {
    let source = RandomSource.current
    return make(shape, fanIn, fanOut, source.seed, source.nextParameter())
  }

  /// Makes networks whose convolutions and linear layers draw their weights by one initializer, whatever the networks themselves chose.
  /// Biases, and the weights of other layers, are drawn as ever.
  ///
  /// ```swift
  /// let model = Random.withSeed(1) { Initializer.ofWeights(.orthogonal(gain: .relu)) { LeNet5(inputSize: 32) } }
  /// ```
  public static func ofWeights<Result>(_ initializer: Initializer, _ body: () throws -> Result) rethrows -> Result {
    try $chosen.withValue(initializer, operation: body)
  }

  /// What biases begin with; as a weight, a branch that adds nothing at first.
  public static let zeros = constant(0)

  /// One number for every element; shape and fans do not matter.
  public static func constant(_ value: Double) -> Initializer {
    Initializer { shape, _, _, _, _ in .full(shape, value) }
  }

  /// Normal with the same deviation for every layer, as AlexNet's 0.01. To scale it by the fans: `kaimingNormal`, `xavierNormal`.
  public static func normal(deviation: Double, mean: Double = 0) -> Initializer {
    Initializer { shape, _, _, seed, stream in
      .normal(shape, mean: Float(mean), deviation: Float(deviation), seed: seed, stream: stream)
    }
  }

  /// `normal(deviation:mean:)` under its longer name.
  public static func normal(standardDeviation: Double, mean: Double = 0) -> Initializer {
    normal(deviation: standardDeviation, mean: mean)
  }

  /// Uniform in the same range for every layer. To scale it by the fans: `kaimingUniform`, `xavierUniform`.
  public static func uniform(in range: ClosedRange<Double>) -> Initializer {
    Initializer { shape, _, _, seed, stream in
      .uniform(shape, in: Float(range.lowerBound)...Float(range.upperBound), seed: seed, stream: stream)
    }
  }

  /// Normal with deviation gain / √fan. He et al. 2015, "Delving deep into rectifiers".
  public static func kaimingNormal(gain: Gain = .relu, fan: Fan = .input) -> Initializer {
    scaledNormal { fanIn, fanOut in gain.factor / Double(fan == .input ? fanIn : fanOut).squareRoot() }
  }

  /// Uniform in ±gain·√(3 / fan): the same deviation.
  public static func kaimingUniform(gain: Gain = .relu, fan: Fan = .input) -> Initializer {
    scaledUniform { fanIn, fanOut in gain.factor / Double(fan == .input ? fanIn : fanOut).squareRoot() }
  }

  /// Normal with deviation gain · √(2 / (fan-in + fan-out)). Glorot & Bengio 2010.
  public static func xavierNormal(gain: Gain = .linear) -> Initializer {
    scaledNormal { fanIn, fanOut in gain.factor * (2 / Double(fanIn + fanOut)).squareRoot() }
  }

  /// Uniform in ±gain · √(6 / (fan-in + fan-out)): the same deviation.
  public static func xavierUniform(gain: Gain = .linear) -> Initializer {
    scaledUniform { fanIn, fanOut in gain.factor * (2 / Double(fanIn + fanOut)).squareRoot() }
  }

  private static func scaledNormal(_ deviation: @escaping @Sendable (_ fanIn: Int, _ fanOut: Int) -> Double)
    -> Initializer
  {
    Initializer { shape, fanIn, fanOut, seed, stream in
      .normal(shape, deviation: Float(deviation(fanIn, fanOut)), seed: seed, stream: stream)
    }
  }

  private static func scaledUniform(_ deviation: @escaping @Sendable (_ fanIn: Int, _ fanOut: Int) -> Double)
    -> Initializer
  {
    Initializer { shape, fanIn, fanOut, seed, stream in
      let bound = Float(deviation(fanIn, fanOut) * 3.0.squareRoot())
      return .uniform(shape, in: -bound...bound, seed: seed, stream: stream)
    }
  }
}
