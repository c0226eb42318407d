import ApusSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The learning rate as a function of time: of steps or of epochs, as the caller counts, from 0.
///
/// ```swift
/// // By step: rises over 500 steps, then half a cosine to the end.
/// let schedule = Schedule.warmup(over: 500, then: .cosine(over: steps - 500))
/// optimizer.learningRate = schedule.rate(at: step, base: 0.1)
///
/// // By epoch, asked at every step.
/// let schedule = Schedule.advancing(every: stepsPerEpoch, .step(every: 30))
/// ```
///
/// A schedule has no state: what is needed to go on is the time. `Plateau`, which watches a metric, has, and multiplies.
public struct Schedule: Hashable, Sendable {
  private indirect enum Form: Hashable, Sendable {
    case constant
    case step(every: Int, factor: Double)
    case milestones([Int], factor: Double)
    case exponential(Double)
    case cosine(over: Int, to: Double)
    case oneCycle(over: Int, rise: Double, from: Double, to: Double)
    case warmup(over: Int, then: Schedule)
    case advancing(every: Int, Schedule)
  }

  private let form: Form

  private init(_ form: Form) { self.form = form }

  private static func check(_ holds: Bool, _ name: String, _ value: some CustomStringConvertible, _ expected: String) {
    if !holds { fatalError("Schedule.\(name) is \(value), expected \(expected)") }
  }

  /// Always the base rate.
  public static let constant = Schedule(.constant)

  /// base · factor^⌊t / every⌋ (PyTorch's StepLR): ÷10 every so often is what AlexNet and ResNet did (lectures 2 and 4).
  public static func step(every: Int, factor: Double = 0.1) -> Schedule {
    check(every >= 1, "step: every", every, "at least 1")
    check(factor > 0 && factor.isFinite, "step: the factor", factor, "a number above 0")
    return Schedule(.step(every: every, factor: factor))
  }

  /// base · factor^k after k milestones; the milestone itself is the first time of the new rate (PyTorch's MultiStepLR).
  public static func milestones(_ times: [Int], factor: Double = 0.1) -> Schedule {
    check(times.allSatisfy { $0 >= 0 }, "milestones: the list", times, "times from 0")
    check(factor > 0 && factor.isFinite, "milestones: the factor", factor, "a number above 0")
    return Schedule(.milestones(times, factor: factor))
  }

  /// base · factorᵗ (PyTorch's ExponentialLR).
  public static func exponential(_ factor: Double) -> Schedule {
    check(factor > 0 && factor.isFinite, "exponential: the factor", factor, "a number above 0")
    return Schedule(.exponential(factor))
  }

  /// base · (to + (1 − to) · ½ · (1 + cos(π · t / over))), and `to` times the base from `over` on (PyTorch's CosineAnnealingLR,
  /// which rises again; Loshchilov & Hutter 2017, one cycle).
  public static func cosine(over: Int, to: Double = 0) -> Schedule {
    check(over >= 1, "cosine: over", over, "at least 1")
    check(to >= 0 && to <= 1, "cosine: to", to, "a part from 0 to 1")
    return Schedule(.cosine(over: over, to: to))
  }

  /// Up along half a cosine from `from` times the base to the base over the part `rise` of `over` times, then down along half a
  /// cosine to `to` times the base, reached at the last (PyTorch's OneCycleLR, whose maximum is the base here; Smith & Topin 2017).
  /// The momentum is not cycled.
  public static func oneCycle(over: Int, rise: Double = 0.3, from: Double = 1.0 / 25, to: Double = 1.0 / 250_000)
    -> Schedule
  {
    check(over >= 2, "oneCycle: over", over, "at least 2")
    check(rise >= 0 && rise <= 1, "oneCycle: rise", rise, "a part from 0 to 1")
    check(from > 0 && from <= 1, "oneCycle: from", from, "a part above 0, up to 1")
    check(to >= 0 && to <= 1, "oneCycle: to", to, "a part from 0 to 1")
    return Schedule(.oneCycle(over: over, rise: rise, from: from, to: to))
  }

  /// base · (t + 1) / over for t < over, then another schedule from its time 0 on (PyTorch's LinearLR from 1/over on, in a
  /// SequentialLR; Goyal et al. 2017). What follows also has its base: a warm-up of a warm-up is of no use.
  public static func warmup(over: Int, then schedule: Schedule) -> Schedule {
    check(over >= 0, "warmup: over", over, "at least 0")
    return Schedule(.warmup(over: over, then: schedule))
  }

  /// The other schedule's time goes on by one in so many: a schedule by epoch, asked at every step.
  package static func advancing(every: Int, _ schedule: Schedule) -> Schedule {
    check(every >= 1, "advancing: every", every, "at least 1")
    return Schedule(.advancing(every: every, schedule))
  }

  /// The rate at time `time`, counted from 0.
  public func rate(at time: Int, base: Double) -> Double {
    if time < 0 { fatalError("Schedule: the time is \(time), expected at least 0") }
    switch form {
    case .constant: return base
    case .step(let every, let factor): return base * pow(factor, Double(time / every))
    case .milestones(let times, let factor): return base * pow(factor, Double(times.count { $0 <= time }))
    case .exponential(let factor): return base * pow(factor, Double(time))
    case .cosine(let over, let to):
      if time >= over { return base * to }
      let part = 0.5 * base * (1 + cos(Double.pi * Double(time) / Double(over)))
      return to == 0 ? part : base * to + (1 - to) * part
    case .oneCycle(let over, let rise, let from, let to):
      return base * Schedule.oneCycle(Double(time), over: Double(over), rise: rise, from: from, to: to)
    case .warmup(let over, let schedule):
      return time < over
        ? base * Double(time + 1) / Double(over) : schedule.rate(at: time - over, base: base)
    case .advancing(let every, let schedule): return schedule.rate(at: time / every, base: base)
    }
  }

  private static func oneCycle(_ time: Double, over: Double, rise: Double, from: Double, to: Double) -> Double {
    let top = rise * over - 1
    func halfCosine(_ a: Double, _ b: Double, _ part: Double) -> Double {
      b + (a - b) / 2 * (1 + cos(Double.pi * part))
    }
    if time <= top && top > 0 { return halfCosine(from, 1, time / top) }
    return halfCosine(1, to, min((time - top) / (over - 1 - top), 1))
  }
}
