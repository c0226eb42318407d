import ApusCore

/// Cross-entropy of logits [N, …, K] of a fixed length with integer labels [N, …]: a network cannot lower it by larger logits alone,
/// and stays less sure of what it has not seen.
///
///     lossᵢ = −log softmax(zᵢ / (τ ‖zᵢ‖))[yᵢ]
///
/// Wei et al. 2022, "Mitigating neural network overconfidence with logit normalization".
///
/// - Parameters:
///   - temperature: τ, above 0.
///   - classWeights: a weight a class, [K].
public func logitNormLoss(
  logits: Tensor, labels: Tensor, temperature: Double = 0.04, classWeights: Tensor? = nil, ignoring: Int? = nil,
  reduction: Reduction = .meanOverElements
) -> Tensor {
  requireOption(
    temperature, "logitNormLoss", "temperature", "a finite number above 0", temperature > 0 && temperature.isFinite)
  if logits.isPoisoned { return logits }
  guard logits.rank >= 2 else {
    return shapeFailure("LogitNormLoss", "expects logits [N, …, K], they are \(logits.shape)", input: logits)
  }
  let length = (logits.square().sum(axes: [logits.rank - 1], keepingAxes: true) + 1e-12).sqrt()
  return crossEntropy(
    logits: logits / (length * temperature), labels: labels, classWeights: classWeights, ignoring: ignoring,
    reduction: reduction)
}
