#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The learning rate as a function of the step: a linear warm-up, then constant or half a cosine down to zero.
///
/// With w warm-up steps of T, step t counted from 0 and base rate η:
/// η·(t + 1)/w for t < w; then η (constant) or ½·η·(1 + cos(π·(t − w)/(T − w))) (cosine; Loshchilov & Hutter 2017, one cycle).
public struct LearningRateSchedule: Hashable, Sendable, Codable {
  public enum Decay: String, Sendable, Codable, CaseIterable { case constant, cosine }

  public var decay: Decay
  /// Part of all steps in which the rate rises, from 0 to 1.
  public var warmup: Double

  public init(decay: Decay, warmup: Double = 0) {
    self.decay = decay
    self.warmup = warmup
  }

  public static let constant = LearningRateSchedule(decay: .constant)
  /// Rises over the first twentieth of the steps, then falls to zero.
  public static let cosine = LearningRateSchedule(decay: .cosine, warmup: 0.05)

  /// The rate of step `step`, counted from 0, of `steps`.
  public func learningRate(at step: Int, of steps: Int, base: Double) -> Double {
    let rising = (warmup * Double(steps)).rounded()
    let position = Double(step)
    if position < rising { return base * (position + 1) / rising }
    switch decay {
    case .constant: return base
    case .cosine: return 0.5 * base * (1 + cos(Double.pi * (position - rising) / (Double(steps) - rising)))
    }
  }
}
