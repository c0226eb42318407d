import ApusData
import ApusNetworks

/// What the images of a run are normalized by.
public enum NormalizationChoice: String, Hashable, Sendable, CaseIterable {
  /// Mean and deviation of the training images.
  case data
  /// ImageNet's.
  case imagenet
  /// The mean of the training images at each place is subtracted, as AlexNet's.
  case meanImage = "mean-image"
  /// Whitened by the principal components of the training images: for networks without convolutions.
  case pcaWhitening = "pca-whitening"
  /// Whitened and rotated back, so that the images stay images.
  case zcaWhitening = "zca-whitening"

  /// What is done to whole images; `nil` where a mean and a deviation per channel are all.
  var imageMap: ImageMap? { ImageMap(rawValue: rawValue) }

  /// `nil` for the training images' own, or where whole images are mapped. Where nothing is chosen, what initial weights were trained with: a run's model says it, and
  /// weights that others wrote for colored images are taken as trained on ImageNet.
  static func normalization(
    _ choice: NormalizationChoice?, _ initial: inout RunRecord.Initial?, network: String
  ) throws -> Normalization? {
    switch (choice, initial) {
    case (.data?, _), (.meanImage?, _), (.pcaWhitening?, _), (.zcaWhitening?, _), (nil, nil): return nil
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
