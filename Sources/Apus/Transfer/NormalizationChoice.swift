/// What the images of a run are normalised by.
public enum NormalizationChoice: String, Hashable, Sendable, CaseIterable {
  /// Mean and deviation of the training images.
  case data
  /// ImageNet's.
  case imagenet

  /// `nil` for the training images' own. Where nothing is chosen, what initial weights were trained with: a run's model says it, and
  /// weights that others wrote are taken as trained on ImageNet.
  static func normalization(_ choice: NormalizationChoice?, initialWeights path: String?) throws -> Normalization? {
    switch choice {
    case .data: nil
    case .imagenet: .imageNet
    case nil: try path.map { try TrainedModel.origin(of: $0)?.normalization ?? .imageNet }
    }
  }
}
