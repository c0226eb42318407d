import Synchronization

/// Counter-based random numbers (Philox4x32-10): a pure function of (seed, stream, position), the same on any thread and machine.
public enum Random {
  /// Elements `first` ..< `first` + `count` of the sequence (seed, stream), each 32 random bits.
  package static func bits(seed: UInt64, stream: UInt64, first: UInt64 = 0, count: Int) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
      Kernels.randomBits(buffer, seed: seed, stream: stream, first: first, count: count)
      initialized = count
    }
  }

  /// Uniform in [0, 1).
  package static func uniform(seed: UInt64, stream: UInt64, first: UInt64 = 0, count: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      Kernels.randomUniform(
        UnsafeMutableBufferPointer(rebasing: buffer[0..<count]), seed: seed, stream: stream, first: first)
      initialized = count
    }
  }

  /// Standard normal.
  public static func normal(seed: UInt64, stream: UInt64, first: UInt64 = 0, count: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      Kernels.randomNormal(
        UnsafeMutableBufferPointer(rebasing: buffer[0..<count]), seed: seed, stream: stream, first: first)
      initialized = count
    }
  }

  static func fillUniform(_ buffer: UnsafeMutableBufferPointer<Float>, seed: UInt64, stream: UInt64) {
    Kernels.randomUniform(buffer, seed: seed, stream: stream, first: 0)
  }

  static func fillNormal(_ buffer: UnsafeMutableBufferPointer<Float>, seed: UInt64, stream: UInt64) {
    Kernels.randomNormal(buffer, seed: seed, stream: stream, first: 0)
  }

  /// Runs an experiment whose random numbers all follow from one seed: initial values of layers that are made in it, tensors drawn
  /// without a seed of their own, and the masks of passes without a key. Each kind is numbered by itself, so that another draw moves
  /// no initial value; the same code gives the same numbers every time it runs.
  ///
  /// ```swift
  /// Random.withSeed(3) {
  ///   let model = LeNet5(inputSize: 32)
  ///   let first = Tensor.normal([8, 32, 32, 1])
  ///   let second = Tensor.normal([8, 32, 32, 1])  // other numbers than the first
  /// }
  /// ```
  ///
  /// Outside of it the seed is 0, and the numbers run on through the whole process. One inside another begins anew. Draws on several
  /// threads at once differ, but which of them comes first is chance: they take a seed each.
  public static func withSeed<Result>(_ seed: UInt64, _ body: () throws -> Result) rethrows -> Result {
    try RandomSource.$current.withValue(RandomSource(seed: seed), operation: body)
  }
}

/// Where draws without a seed of their own take theirs from: what `Random.withSeed` set, else seed 0 for the whole process.
package final class RandomSource: Sendable {
  @TaskLocal package static var current = RandomSource(seed: 0)

  package let seed: UInt64
  // Relaxed: the numbers must differ, they order nothing.
  private let parametersMade = Atomic<UInt64>(0)
  private let tensorsDrawn = Atomic<UInt64>(0)
  private let passesRun = Atomic<UInt64>(0)

  init(seed: UInt64) { self.seed = seed }

  /// A stream that no other parameter of this source has.
  package func nextParameter() -> UInt64 {
    RandomDomain.initialValues | parametersMade.wrappingAdd(1, ordering: .relaxed).oldValue
  }

  /// A stream that no other tensor of this source has.
  func nextTensor() -> UInt64 {
    RandomDomain.tensors | tensorsDrawn.wrappingAdd(1, ordering: .relaxed).oldValue
  }

  /// A number that no other pass of this source has.
  func nextPass() -> UInt64 { passesRun.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// The upper byte of a stream says what the numbers are for, so that one seed serves all of them without overlap.
package enum RandomDomain {
  package static let initialValues: UInt64 = 1 << 56
  static let dropout: UInt64 = 2 << 56
  static let gradientCheck: UInt64 = 3 << 56
  package static let split: UInt64 = 4 << 56
  package static let shuffle: UInt64 = 5 << 56
  package static let augmentation: UInt64 = 6 << 56
  package static let appearance: UInt64 = 7 << 56
  package static let toySets: UInt64 = 8 << 56
  package static let search: UInt64 = 9 << 56
  package static let scenes: UInt64 = 10 << 56
  package static let attribution: UInt64 = 11 << 56
  package static let maps: UInt64 = 13 << 56
  package static let dreams: UInt64 = 14 << 56
  package static let traces: UInt64 = 16 << 56
  static let tensors: UInt64 = 17 << 56
}
