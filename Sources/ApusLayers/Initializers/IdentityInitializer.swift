import ApusCore
import ApusSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Initializer {
  /// The layer passes on its input: matrices [in, out] have 1 where the indices are equal. Filters [KH, KW, C /
  /// groups, K] have it at their middle, for as many channels as input and output have both (Dirac's impulse; with
  /// padding KH / 2 the image stays).
  ///
  /// - Parameter groups: those of the convolution: each passes on its own channels.
  public static func identity(groups: Int = 1) -> Initializer {
    if groups < 1 { fatalError("identity: \(groups) groups, expected at least 1") }
    return Initializer { shape, _, _, _, _ in
      guard shape.count == 2 || shape.count == 4, shape[shape.count - 1] % groups == 0, shape.count == 4 || groups == 1
      else {
        fatalError(
          """
          identity with groups \(groups) of a parameter of shape \(shape): it takes [in, out] or [KH, KW, C, K], \
          K a multiple of groups
          """
        )
      }
      let (inputs, outputs) = (shape[shape.count - 2], shape[shape.count - 1])
      let middle = shape.count == 4 ? (shape[0] / 2 * shape[1] + shape[1] / 2) * inputs : 0
      let each = outputs / groups
      return Tensor(shape: shape, of: Float.self) { buffer in
        buffer.initialize(repeating: 0)
        for group in 0..<groups {
          for channel in 0..<min(inputs, each) { buffer[(middle + channel) * outputs + group * each + channel] = 1 }
        }
      }
    }
  }

  /// `identity` of filters, by PyTorch's name.
  public static func dirac(groups: Int = 1) -> Initializer { identity(groups: groups) }

  /// Normal with deviation g / √N, N the fan-in, and g such that the logarithm of a gradient's norm, which walks at
  /// random from layer to layer, does not drift: g = e^(1 / 2N) for a linear layer, √2 e^(1.2 / (max(N, 6) − 2.4))
  /// before ReLU. Narrow and very deep networks gain from it; for wide ones it is He's. Sussillo & Abbott 2014,
  /// "Random walk initialization for training very deep feedforward networks".
  ///
  /// - Parameter gain: `.linear` or `.relu`, for which the paper derives g.
  public static func randomWalk(gain: Gain = .relu) -> Initializer {
    let scale: @Sendable (_ width: Double) -> Double
    switch gain {
    case .linear: scale = { exp(1 / (2 * $0)) }
    case .relu: scale = { 2.squareRoot() * exp(1.2 / (max($0, 6) - 2.4)) }
    default: fatalError("randomWalk: gain \(gain), expected linear or relu, for which its scale is known")
    }
    return Initializer { shape, fanIn, _, seed, stream in
      let width = Double(fanIn)
      return .normal(shape, deviation: Float(scale(width) / width.squareRoot()), seed: seed, stream: stream)
    }
  }
}
