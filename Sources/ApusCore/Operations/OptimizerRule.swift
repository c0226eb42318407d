/// What the C core's step is told beside the parameters: the formula and its numbers (`apus/optimizer.h`).
package struct OptimizerRule {
  /// One of the C core's formulas, by its number. The file of its optimizer asks for it by name.
  package struct Formula: Sendable {
    let code: UInt32
  }

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
