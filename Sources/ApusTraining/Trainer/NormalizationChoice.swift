import ApusData
import ApusNetworks

/// What the images of a run are normalized by.
public enum NormalizationChoice: String, Hashable, Sendable, CaseIterable {
  /// Mean and deviation of the training images.
  case data
  /// ImageNet's.
  case imagenet

  /// `nil` for the training images' own. Where nothing is chosen, what initial weights were trained with: a run's model says it, and
  /// weights that others wrote for colored images are taken as trained on ImageNet.
  static func normalization(
    _ choice: NormalizationChoice?, _ initial: inout RunRecord.Initial?, network: String
  ) throws -> Normalization? {
    switch (choice, initial) {
    case (.data?, _), (nil, nil): return nil
    case (.imagenet?, _): return .imageNet
    case (nil, let file?):
      let weights = try file.read()
      // The values must be those of the same content.
      initial?.fingerprint = weights.fingerprint
      if let origin = weights.origin { return origin.normalization }
      let channels = try NetworkCatalogue.channels(of: network, in: weights.file)
      return channels.map { $0 == 3 } ?? true ? .imageNet : nil
    }
  }
}
