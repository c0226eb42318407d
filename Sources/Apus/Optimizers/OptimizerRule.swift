/// What the C core's step is told beside the parameters: the formula and its numbers (`apus/optimizer.h`).
struct OptimizerRule {
  enum Formula { case sgd, adam, rmsProp, adagrad, signSGD, ascent }

  var formula: Formula
  var learningRate: Double
  var momentum = 0.0
  var beta1 = 0.0
  var beta2 = 0.0
  var epsilon = 0.0
  var rateDecay = 0.0
  var isNesterov = false
  var isDecoupled = false
  var correctsBias = true
  var isCentered = false
  var epsilonPlacement = RMSProp.EpsilonPlacement.outsideRoot
}

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
