import ApusCore
import ApusSupport

/// Settings of the parameters whose paths match a pattern.
///
/// ```swift
/// // Fine-tuning: the first stage stays, the rest learns slowly, the classifier at full rate.
/// SGD(model.parameters, learningRate: 0.1, momentum: 0.9, groups: [
///   ParameterGroup("*", learningRate: 0.1),
///   ParameterGroup("features.0.*", isTrainable: false),
///   ParameterGroup("classifier.*", learningRate: 1),
/// ])
/// ```
///
/// Where several match a parameter, the last that sets a thing decides it.
public struct ParameterGroup: Hashable, Sendable {
  /// A path, in which `*` stands for any characters (dots too) and `?` for one: `features.*`, `*.bias`.
  package var pattern: String
  /// Multiplies the optimizer's learning rate.
  package var learningRate: Double?
  /// In place of the optimizer's weight decay, for all that match, biases too.
  package var weightDecay: Double?
  /// `false`: the optimizer leaves them as they are. To save their backward pass as well, clear `Parameter.isTrainable`.
  package var isTrainable: Bool?

  /// `nil` leaves a setting as it is. Traps if a number is negative or not finite; the optimizer traps if nothing matches.
  ///
  /// - Parameters:
  ///   - pattern: a path, in which `*` stands for any characters (dots too) and `?` for one: `features.*`, `*.bias`.
  ///   - learningRate: multiplies the optimizer's learning rate.
  ///   - weightDecay: in place of the optimizer's weight decay, for all that match, biases too.
  ///   - isTrainable: if `false`, the optimizer leaves them as they are. To save their backward pass as well, clear
  ///     `Parameter.isTrainable`.
  public init(
    _ pattern: String, learningRate: Double? = nil, weightDecay: Double? = nil, isTrainable: Bool? = nil
  ) {
    if let learningRate {
      OptimizerCheck.number(learningRate, "ParameterGroup(\"\(pattern)\")", "the learning rate's multiplier")
    }
    if let weightDecay { OptimizerCheck.number(weightDecay, "ParameterGroup(\"\(pattern)\")", "the weight decay") }
    self.pattern = pattern
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.isTrainable = isTrainable
  }

  package func matches(anyOf parameters: ParameterList) -> Bool { parameters.contains { matches($0.path) } }

  func matches(_ path: String) -> Bool { PathPattern.matches(Array(pattern.utf8)[...], Array(path.utf8)[...]) }
}

/// What weight decay acts on where no group says otherwise.
public enum DecayedParameters: String, Hashable, Sendable, Codable, CaseIterable {
  /// Filters and matrices: not biases, nor scales and shifts of normalizations, nor any other vector. They are few, no sum over
  /// many inputs makes them overfit, and pulling a scale to 0 switches its channel off (He et al. 2019, Bag of Tricks, 3.1).
  case weights
  /// Every parameter, as PyTorch does with one group.
  case all

  func contains(_ path: String, _ shape: Shape) -> Bool {
    switch self {
    case .weights: shape.count > 1 && path != "bias" && !path.hasSuffix(".bias")
    case .all: true
    }
  }
}

extension ParameterGroup {
  /// Every parameter's settings under an optimizer's weight decay and these groups.
  static func settings(
    of parameters: ParameterList, weightDecay: Double, decaying: DecayedParameters, groups: [ParameterGroup]
  ) -> [ParameterSettings] {
    for group in groups where !group.matches(anyOf: parameters) {
      let some = parameters.prefix(3).map(\.path).joined(separator: ", ")
      fatalError(
        "ParameterGroup(\"\(group.pattern)\") matches none of the \(parameters.count) parameters (\(some), …)")
    }
    return parameters.map { entry in
      let decays = decaying.contains(entry.path, entry.parameter.shape)
      var settings = ParameterSettings(of: entry, weightDecay: decays ? weightDecay : 0)
      for group in groups where group.matches(entry.path) {
        if let rate = group.learningRate { settings.learningRate = rate }
        if let decay = group.weightDecay { settings.weightDecay = decay }
        if let isTrainable = group.isTrainable { settings.isTrained = isTrainable }
      }
      return settings
    }
  }
}

extension ParameterList {
  /// Sets `isTrainable` of the parameters whose paths match, so that no gradients are taken of those that stay.
  public func setTrainable(_ isTrainable: Bool, matching pattern: String) {
    let group = ParameterGroup(pattern)
    for (path, parameter) in self where group.matches(path) { parameter.isTrainable = isTrainable }
  }
}

enum PathPattern {
  /// `*` takes as few characters as possible first.
  static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == UInt8(ascii: "*") {
      let rest = pattern.dropFirst()
      return (text.startIndex...text.endIndex).contains { matches(rest, text[$0...]) }
    }
    guard let character = text.first, first == UInt8(ascii: "?") || first == character else { return false }
    return matches(pattern.dropFirst(), text.dropFirst())
  }
}
