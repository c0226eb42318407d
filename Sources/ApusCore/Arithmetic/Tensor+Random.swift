/// Random numbers. With a seed they are a pure function of (seed, stream), so that two draws of one seed and stream are equal. Without
/// one each draw is the next of the surrounding `Random.withSeed`, as PyTorch's are after `manual_seed`.
extension Tensor {
  /// Uniform numbers in `range`, a pure function of (seed, stream).
  public static func uniform(_ shape: Shape, in range: ClosedRange<Float> = 0...1, seed: UInt64, stream: UInt64 = 0)
    -> Tensor
  {
    Tensor(shape: shape, of: Float.self) { buffer in
      Random.fillUniform(buffer, seed: seed, stream: stream)
      let width = range.upperBound - range.lowerBound
      for index in buffer.indices { buffer[index] = range.lowerBound + width * buffer[index] }
    }
  }

  /// Uniform numbers in `range`, others at each call: the next of the surrounding `Random.withSeed`.
  public static func uniform(_ shape: Shape, in range: ClosedRange<Float> = 0...1) -> Tensor {
    let source = RandomSource.current
    return uniform(shape, in: range, seed: source.seed, stream: source.nextTensor())
  }

  /// Normal numbers with a standard deviation; `normal(_:mean:deviation:seed:stream:)` under its longer name.
  public static func normal(
    _ shape: Shape, mean: Float = 0, standardDeviation: Float, seed: UInt64, stream: UInt64 = 0
  ) -> Tensor {
    normal(shape, mean: mean, deviation: standardDeviation, seed: seed, stream: stream)
  }

  /// Normal numbers, a pure function of (seed, stream).
  public static func normal(
    _ shape: Shape, mean: Float = 0, deviation: Float = 1, seed: UInt64, stream: UInt64 = 0
  ) -> Tensor {
    Tensor(shape: shape, of: Float.self) { buffer in
      Random.fillNormal(buffer, seed: seed, stream: stream)
      for index in buffer.indices { buffer[index] = mean + deviation * buffer[index] }
    }
  }

  /// Normal numbers, others at each call: the next of the surrounding `Random.withSeed`.
  public static func normal(_ shape: Shape, mean: Float = 0, deviation: Float = 1) -> Tensor {
    let source = RandomSource.current
    return normal(shape, mean: mean, deviation: deviation, seed: source.seed, stream: source.nextTensor())
  }

  /// Normal numbers with a standard deviation; `normal(_:mean:deviation:)` under its longer name.
  public static func normal(_ shape: Shape, mean: Float = 0, standardDeviation: Float) -> Tensor {
    normal(shape, mean: mean, deviation: standardDeviation)
  }
}
