import ApusCore

/// A network that in training is judged by further results than its last one: GoogLeNet's auxiliary heads.
public protocol AuxiliaryClassifying: Layer {
  /// Logits [N, classes] and what their loss counts, the network's own with 1 first.
  func trainingLogits(_ x: consuming Tensor) -> [(logits: Tensor, weight: Double)]
}

/// The loss that a classifier is trained with: mean cross-entropy, with auxiliary heads Σ weight · cross-entropy.
///
/// - Parameter labels: int32 [N]
public func trainingLoss(of model: any Layer, images: Tensor, labels: Tensor) -> Tensor {
  guard let model = model as? any AuxiliaryClassifying else {
    return crossEntropy(logits: model(images), labels: labels)
  }
  let losses = model.trainingLogits(images).map { head in
    let loss = crossEntropy(logits: head.logits, labels: labels)
    return head.weight == 1 ? loss : loss * head.weight
  }
  return losses.dropFirst().reduce(losses[0]) { $0 + $1 }
}
