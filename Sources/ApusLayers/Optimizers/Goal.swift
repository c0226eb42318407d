/// Which way a watched number is to go.
public enum Goal: String, Hashable, Sendable, Codable {
  /// The smaller the better: a loss, an error.
  case falling
  /// The larger the better: an accuracy.
  case rising

  /// By how much a value is better than another; negative if it is worse, NaN if one of them is.
  package func gain(of value: Double, over other: Double) -> Double {
    self == .falling ? other - value : value - other
  }
}
