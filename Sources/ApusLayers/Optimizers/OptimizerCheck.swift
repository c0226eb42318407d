import ApusSupport

/// Refuses numbers that make no sense, with the values.
enum OptimizerCheck {
  static func number(_ value: Double, from least: Double = 0, _ optimizer: String, _ name: String) {
    if !(value >= least && value.isFinite) {
      fatalError("\(optimizer): \(name) is \(value), expected a number from \(least)")
    }
  }

  /// Of averages and momentum.
  static func fraction(_ value: Double, _ optimizer: String, _ name: String) {
    if !(value >= 0 && value < 1) {
      fatalError("\(optimizer): \(name) is \(value), expected a number from 0 to below 1")
    }
  }
}
