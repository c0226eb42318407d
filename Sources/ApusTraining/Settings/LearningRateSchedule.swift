import ApusLayers
import ApusSupport

/// The learning rate over a training run: a linear warm-up, then a decay.
///
/// With w warm-up steps of T, step t counted from 0 and base rate η: η·(t + 1)/w for t < w, then the decay from its time 0 on.
/// Decays by epoch count epochs from the end of the warm-up. See `Schedule` for the equations.
public struct LearningRateSchedule: Hashable, Sendable, Codable {
  /// As text, for the command and `run.json`: `constant`, `cosine`, `step:30:0.1`, `milestones:30,60:0.1`, `exponential:0.95`,
  /// `one-cycle:0.3`, `plateau:10:0.1`.
  public enum Decay: Hashable, Sendable {
    case constant
    /// Half a cosine down to 0 over all steps after the warm-up.
    case cosine
    /// Times `factor` every so many epochs.
    case step(every: Int, factor: Double)
    /// Times `factor` at each of these epochs.
    case milestones([Int], factor: Double)
    /// Times this each epoch.
    case exponential(Double)
    /// Up in this part of the steps, then down to nearly 0.
    case oneCycle(Double)
    /// Times `factor` after more than `patience` epochs without a lower validation loss.
    case plateau(patience: Int, factor: Double)
  }

  /// What follows the warm-up.
  package var decay: Decay
  /// Part of all steps in which the rate rises, from 0 to 1.
  package var warmup: Double

  /// Without warm-up by default. A run that is started with values out of range throws.
  ///
  /// - Parameters:
  ///   - decay: what follows the warm-up.
  ///   - warmup: the part of all steps in which the rate rises, from 0 to 1.
  public init(decay: Decay, warmup: Double = 0) {
    self.decay = decay
    self.warmup = warmup
  }

  /// The base rate in every step.
  public static let constant = LearningRateSchedule(decay: .constant)
  /// Rises over the first twentieth of the steps, then falls to zero.
  public static let cosine = LearningRateSchedule(decay: .cosine, warmup: 0.05)

  /// What watches the validation loss, for a decay that does.
  package var plateau: Plateau? {
    if case .plateau(let patience, let factor) = decay { return Plateau(decay: factor, patience: patience) }
    return nil
  }

  /// By step, for a run of `steps`. A plateau's factor comes on top.
  package func schedule(steps: Int, stepsPerEpoch: Int) -> Schedule {
    let rising = Int((warmup * Double(steps)).rounded())
    let rest = max(steps - rising, 1)
    let schedule: Schedule =
      switch decay {
      case .constant, .plateau: .constant
      case .cosine: .cosine(over: rest)
      case .step(let every, let factor): .advancing(every: stepsPerEpoch, .step(every: every, factor: factor))
      case .milestones(let epochs, let factor):
        .advancing(every: stepsPerEpoch, .milestones(epochs, factor: factor))
      case .exponential(let factor): .advancing(every: stepsPerEpoch, .exponential(factor))
      case .oneCycle(let rise): .oneCycle(over: max(rest, 2), rise: rise)
      }
    return .warmup(over: rising, then: schedule)
  }

  /// Throws where a number makes no sense.
  func validate() throws(SettingsError) {
    func check(_ holds: Bool, _ name: String, _ value: some CustomStringConvertible, _ allowed: String)
      throws(SettingsError)
    {
      if !holds { throw SettingsError(description: "\(name) is \(value), expected \(allowed)") }
    }
    try check(warmup >= 0 && warmup < 1, "the warm-up", warmup, "a part from 0 to below 1")
    switch decay {
    case .constant, .cosine: break
    case .step(let every, let factor):
      try check(every >= 1, "the schedule's step", every, "at least 1 epoch")
      try check(factor > 0 && factor <= 1, "the schedule's factor", factor, "a number above 0, up to 1")
    case .milestones(let epochs, let factor):
      try check(epochs.allSatisfy { $0 >= 1 }, "the schedule's list of epochs", epochs, "epochs from 1")
      try check(factor > 0 && factor <= 1, "the schedule's factor", factor, "a number above 0, up to 1")
    case .exponential(let factor):
      try check(factor > 0 && factor <= 1, "the schedule's factor", factor, "a number above 0, up to 1")
    case .oneCycle(let rise):
      try check(rise >= 0 && rise <= 1, "the schedule's rise", rise, "a part from 0 to 1")
    case .plateau(let patience, let factor):
      try check(patience >= 0, "the schedule's patience", patience, "at least 0 epochs")
      try check(factor > 0 && factor < 1, "the schedule's factor", factor, "a number between 0 and 1")
    }
  }
}

extension LearningRateSchedule.Decay: TextCodable {
  /// Reads the forms above. Numbers may be left out from the end, but for the epochs of `milestones`: `step` is `step:30:0.1`, and
  /// `one-cycle` is `one-cycle:0.3`. `nil` if the text is not a schedule.
  public init?(_ description: String) {
    let parts = description.split(separator: ":", omittingEmptySubsequences: false)
    /// The number at a place, or what it is where the text is shorter; `nil` where it is no number.
    func number(_ place: Int, _ usual: Double) -> Double? { place < parts.count ? Double(parts[place]) : usual }
    func count(_ place: Int, _ usual: Int) -> Int? { place < parts.count ? Int(parts[place]) : usual }
    switch (parts[0], parts.count) {
    case ("constant", 1): self = .constant
    case ("cosine", 1): self = .cosine
    case ("step", 1...3):
      guard let every = count(1, 30), let factor = number(2, 0.1) else { return nil }
      self = .step(every: every, factor: factor)
    case ("milestones", 2...3):
      let epochs = parts[1].split(separator: ",").map { Int($0) }
      guard !epochs.contains(nil), let factor = number(2, 0.1) else { return nil }
      self = .milestones(epochs.compactMap { $0 }, factor: factor)
    case ("exponential", 1...2):
      guard let factor = number(1, 0.95) else { return nil }
      self = .exponential(factor)
    case ("one-cycle", 1...2):
      guard let rise = number(1, 0.3) else { return nil }
      self = .oneCycle(rise)
    case ("plateau", 1...3):
      guard let patience = count(1, 10), let factor = number(2, 0.1) else { return nil }
      self = .plateau(patience: patience, factor: factor)
    default: return nil
    }
  }

  /// The text that `init(_:)` reads, with all numbers.
  public var description: String {
    switch self {
    case .constant: "constant"
    case .cosine: "cosine"
    case .step(let every, let factor): "step:\(every):\(factor)"
    case .milestones(let epochs, let factor): "milestones:\(epochs.map(String.init).joined(separator: ",")):\(factor)"
    case .exponential(let factor): "exponential:\(factor)"
    case .oneCycle(let rise): "one-cycle:\(rise)"
    case .plateau(let patience, let factor): "plateau:\(patience):\(factor)"
    }
  }
}
