/// What the C core's step is told beside the parameters: the formula and its numbers (`apus/optimizer.h`).
package struct OptimizerRule {
  /// In the order of the C core's.
  package enum Formula: UInt32 { case sgd, adam, rmsProp, adagrad, signSGD, ascent }

  var formula: Formula
  package var learningRate: Double
  var momentum = 0.0
  var beta1 = 0.0
  var beta2 = 0.0
  var epsilon = 0.0
  var rateDecay = 0.0
  var isNesterov = false
  var isDecoupled = false
  var correctsBias = true
  var isCentered = false
  /// √(s + ε), not √s + ε.
  var hasEpsilonInsideRoot = false

  package init(
    formula: Formula, learningRate: Double, momentum: Double = 0.0, beta1: Double = 0.0, beta2: Double = 0.0,
    epsilon: Double = 0.0, rateDecay: Double = 0.0, isNesterov: Bool = false, isDecoupled: Bool = false,
    correctsBias: Bool = true, isCentered: Bool = false, hasEpsilonInsideRoot: Bool = false
  ) {
    self.formula = formula
    self.learningRate = learningRate
    self.momentum = momentum
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.rateDecay = rateDecay
    self.isNesterov = isNesterov
    self.isDecoupled = isDecoupled
    self.correctsBias = correctsBias
    self.isCentered = isCentered
    self.hasEpsilonInsideRoot = hasEpsilonInsideRoot
  }
}
