import ApusCore

/// A network that in training is judged by further results than its last one: GoogLeNet's auxiliary heads.
public protocol AuxiliaryClassifying: Layer {
  /// Logits [N, classes] and what their loss counts, the network's own with 1 first.
  func trainingLogits(_ x: consuming Tensor) -> [(logits: Tensor, weight: Double)]
}

/// The loss that a network is trained with, by default mean cross-entropy; with auxiliary heads Σ weight · loss.
///
/// - Parameters:
///   - labels: what the loss compares the network's results with: int32 [N] for a classifier.
///   - loss: a scalar of results and labels.
public func trainingLoss(
  of model: any Layer, images: Tensor, labels: Tensor,
  loss: (_ outputs: Tensor, _ labels: Tensor) -> Tensor = { crossEntropy(logits: $0, labels: $1) }
) -> Tensor {
  guard let model = model as? any AuxiliaryClassifying else { return loss(model(images), labels) }
  let losses = model.trainingLogits(images).map { head in
    let own = loss(head.logits, labels)
    return head.weight == 1 ? own : own * head.weight
  }
  return losses.dropFirst().reduce(losses[0]) { $0 + $1 }
}
