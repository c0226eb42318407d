import ApusSupport

/// Divides the learning rate where a metric stops improving: by 10 on a plateau of the validation error is how AlexNet and ResNet
/// were trained (lectures 2 and 4). PyTorch's ReduceLROnPlateau, with its defaults.
///
/// ```swift
/// var plateau = Plateau(patience: 5)
/// for epoch in 0..<epochs {
///   …
///   plateau.observe(validationLoss)
///   optimizer.learningRate = plateau.factor * schedule.rate(at: epoch, base: 0.1)
/// }
/// ```
///
/// Settings and state in one value, so that a checkpoint keeps both.
public struct Plateau: Hashable, Sendable, Codable {
  /// Whether a falling metric (a loss) or a rising one (an accuracy) is better.
  package let goal: Goal
  /// What the factor is multiplied by.
  package let decay: Double
  /// So many observations without improvement are borne; the next one divides.
  package let patience: Int
  /// An improvement is by more than this part of the best so far.
  package let threshold: Double
  /// After a division so many observations do not count.
  package let cooldown: Int
  /// The factor does not fall below this.
  package let least: Double

  /// Of the learning rate; 1 at first.
  public private(set) var factor = 1.0
  /// The best value of the metric so far; `nil` before the first that is not NaN.
  package private(set) var best: Double?
  private var observationsWithoutImprovement = 0
  private var cooldownLeft = 0

  /// Checkpoints call the goal a direction.
  private enum CodingKeys: String, CodingKey {
    case goal = "direction"
    case decay, patience, threshold, cooldown, least, factor, best, observationsWithoutImprovement, cooldownLeft
  }

  /// Traps if a number is out of range: `decay` lies between 0 and 1, `threshold` in 0..<1, `least` in 0...1.
  public init(
    _ goal: Goal = .falling, decay: Double = 0.1, patience: Int = 10, threshold: Double = 1e-4,
    cooldown: Int = 0, least: Double = 0
  ) {
    func check(_ holds: Bool, _ name: String, _ value: some CustomStringConvertible, _ expected: String) {
      if !holds { fatalError("Plateau: \(name) is \(value), expected \(expected)") }
    }
    check(decay > 0 && decay < 1, "the decay", decay, "a number between 0 and 1")
    check(patience >= 0, "the patience", patience, "at least 0")
    check(threshold >= 0 && threshold < 1, "the threshold", threshold, "a part from 0 to below 1")
    check(cooldown >= 0, "the cooldown", cooldown, "at least 0")
    check(least >= 0 && least <= 1, "the least factor", least, "a part from 0 to 1")
    self.goal = goal
    self.decay = decay
    self.patience = patience
    self.threshold = threshold
    self.cooldown = cooldown
    self.least = least
  }

  /// Takes the next value of the metric. Returns whether the factor fell.
  @discardableResult
  public mutating func observe(_ metric: Double) -> Bool {
    if improves(metric) {
      best = metric
      observationsWithoutImprovement = 0
    } else {
      observationsWithoutImprovement += 1
    }
    if cooldownLeft > 0 {
      cooldownLeft -= 1
      observationsWithoutImprovement = 0
    }
    guard observationsWithoutImprovement > patience else { return false }
    cooldownLeft = cooldown
    observationsWithoutImprovement = 0
    let before = factor
    factor = max(factor * decay, least)
    return factor < before
  }

  /// A NaN does not improve.
  private func improves(_ metric: Double) -> Bool {
    guard let best else { return !metric.isNaN }
    switch goal {
    case .falling: return metric < best * (1 - threshold)
    case .rising: return metric > best * (1 + threshold)
    }
  }
}
