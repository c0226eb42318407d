import ApusCore

/// Negative log-likelihood of log-probabilities [N, …, K] with integer labels [N, …]: lossᵢ = −w[yᵢ] · xᵢ[yᵢ].
///
/// `negativeLogLikelihood(logProbabilities: logSoftmax(z), labels: y)` is `crossEntropy(logits: z, labels: y)`.
/// Probabilities (the result of a softmax or sigmoid) and logits (the result of a layer) are refused, by the mark
/// that their operation left.
public func negativeLogLikelihood(
  logProbabilities: Tensor, labels: Tensor, classWeights: Tensor? = nil, ignoring: Int? = nil,
  reduction: Reduction = .meanOverWeights
) -> Tensor {
  LabeledLoss(operation: "NegativeLogLikelihood", function: "negativeLogLikelihood", input: .logProbabilities)(
    logProbabilities, labels, weights: classWeights, ignoring: ignoring, reduction: reduction
  ) { .logLikelihood($0) }
}
