import ApusSupport

/// How much the samples of each class count in a loss. As text: `equal`, `balanced`, or numbers such as `1,2.5,1`.
public enum ClassWeights: Hashable, Sendable {
  /// As much as those of any other.
  case equal
  /// N / (K · N_k) for the N_k of N training samples that are of class k, of K: all classes count the same in all.
  case balanced
  /// A finite number of at least 0 per class.
  case values([Double])

  /// The numbers; `nil` for equal weights.
  ///
  /// - Parameters:
  ///   - labels: of all training samples.
  ///   - classes: number of classes.
  /// - Throws: `SettingsError` if there is another number of weights than of classes, or a class without samples to balance.
  package func values(for labels: [Int32], classes: Int) throws(SettingsError) -> [Double]? {
    switch self {
    case .equal: return nil
    case .values(let values):
      if values.count != classes {
        throw SettingsError(
          description: "there are \(values.count) class weights, expected \(classes), one per class of the data")
      }
      return values
    case .balanced:
      var counts = [Int](repeating: 0, count: classes)
      for label in labels { counts[Int(label)] += 1 }
      if let empty = counts.firstIndex(of: 0) {
        throw SettingsError(
          description:
            "the class weights are balanced, expected training samples of every class: class \(empty) has none")
      }
      return counts.map { Double(labels.count) / (Double(classes) * Double($0)) }
    }
  }
}

extension ClassWeights: TextCodable {
  /// Reads the text form; `nil` if it is none, or a number is negative or not finite.
  public init?(_ description: String) {
    switch description {
    case "equal": self = .equal
    case "balanced": self = .balanced
    default:
      let values = description.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
      if !values.allSatisfy({ $0.map { $0 >= 0 && $0.isFinite } ?? false }) { return nil }
      self = .values(values.compactMap { $0 })
    }
  }

  /// The text form.
  public var description: String {
    switch self {
    case .equal: "equal"
    case .balanced: "balanced"
    case .values(let values): values.map { "\($0)" }.joined(separator: ",")
    }
  }
}
