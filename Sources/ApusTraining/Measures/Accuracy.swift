import ApusCore
import ApusSupport

/// Fraction of the samples whose largest logit is that of their label, from 0 to 1: logits [N, K] and labels [N], or logits [N, …, K]
/// and labels [N, …]. Labels are whole numbers of any type; one that is no class counts as wrong. NaN if there are no samples.
///
/// ```swift
/// print(accuracy(logits: model(batch.images), labels: batch.labels))
/// ```
/// `evaluate(_:on:)` measures a whole data set.
public func accuracy(logits: Tensor, labels: Tensor) -> Double {
  guard logits.rank >= 2, labels.shape == Shape(logits.shape.dropLast()) else {
    fatalError(
      """
      accuracy: expects logits [N, K] and labels [N], or logits [N, …, K] and labels [N, …], but they are \(logits.shape) \
      and \(labels.shape)
      """)
  }
  let labels = wholeLabels(labels, "accuracy")
  let right = logits.detached().argmax(axis: -1) .== labels
  return right.sum().item() / Double(labels.elementCount)
}

/// `accuracy(logits:labels:)` without the labels of its arguments.
public func accuracy(_ logits: Tensor, _ labels: Tensor) -> Double { accuracy(logits: logits, labels: labels) }
