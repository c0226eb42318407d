import ApusCore
import ApusData
import ApusLayers
import ApusSupport

/// What is done to whole images before a network sees them, where a mean and a deviation per channel are not all: a map that was found
/// of the training images, x ↦ (x − m) · W, with x the bytes divided by 255.
///
/// The map belongs to the network, as its first layer. So it is in checkpoints and in the model's file, and predictions, compiled
/// inference and ONNX files have it.
package enum ImageMap: String, Codable, Sendable, CaseIterable {
  /// x − m, with the mean m of the training images at each place. Krizhevsky et al. 2012.
  case meanImage = "mean-image"
  /// Rotated to the axes of the principal components and divided by √(variance + ε): numbers without correlation that are no image
  /// any more, for networks without convolutions.
  case pcaWhitening = "pca-whitening"
  /// The same rotated back, which changes the images least. Krizhevsky 2009, "Learning multiple layers of features from tiny
  /// images".
  case zcaWhitening = "zca-whitening"

  /// ε of whitening: without it what hardly varies, a border of black or the noise of a scaled image, would become as large as the rest.
  /// A hundredth is a deviation of a tenth of the bytes' range.
  static let epsilon = 0.01
  /// Whitening takes the cube of the numbers in an image, 20 s for 1,024 (Zen 5, 2026-11-30): these are those of CIFAR-10.
  static let largest = 32 * 32 * 3
  /// Whitening is found of so many training images at most, with the classes' shares.
  static let samples = 10_000

  /// In words, for lines that say what images are normalized by.
  package var title: String {
    switch self {
    case .meanImage: "the training images' mean image, which is subtracted"
    case .pcaWhitening: "whitening by principal components of the training images"
    case .zcaWhitening: "whitening (ZCA) of the training images"
    }
  }

  /// Traps if there are no training images.
  ///
  /// - Throws: `DataError` where images have too many numbers to be whitened.
  package func layer(of train: DataSplit) throws(DataError) -> ImageMapping {
    let layer = try layer(for: train.sampleShape, source: train.dataset.source)
    layer.mean.value = MeanImage(of: train.dataset, at: train.indices).mean
    guard let matrix = layer.matrix else { return layer }
    let sample = train.sample(ImageMap.samples)
    let rows = Normalization.none(channels: train.dataset.channels)(
      train.dataset.images.take(Tensor(sample.indices, shape: [sample.count]), axis: 0))
    let components = PrincipalComponents(of: rows.reshaped([sample.count, matrix.shape[0]]))
    layer.mean.value = components.mean.cast(to: .float32).reshaped(layer.mean.shape)
    matrix.value = components.whitening(epsilon: ImageMap.epsilon, zca: self == .zcaWhitening).cast(to: .float32)
    return layer
  }

  /// A map without its numbers, to be read from a file.
  package func layer(for image: Shape, source: String) throws(DataError) -> ImageMapping {
    if self == .meanImage { return ImageMapping(mean: Buffer(.zeros(image)), matrix: nil) }
    let size = image.elementCount
    if size > ImageMap.largest {
      throw DataError(
        source, found: "images of \(size.grouped) numbers, \(image)",
        expected: "at most \(ImageMap.largest.grouped) for \(rawValue), whose time grows with their cube")
    }
    return ImageMapping(mean: Buffer(.zeros(image)), matrix: Buffer(.zeros([size, size])))
  }
}

/// The layer of an `ImageMap`: [N, H, W, C] → the same shape.
package struct ImageMapping: Layer {
  /// [H, W, C]
  package let mean: Buffer
  /// [H·W·C, H·W·C]; `nil` where only the mean is subtracted.
  package let matrix: Buffer?

  /// Traps on images of another shape.
  package func forward(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    let shape = x.shape
    guard shape.count == 4, Shape(shape.dropFirst()) == mean.shape else {
      return shapeFailure("ImageMapping", "takes images \(mean.shape), input is \(shape)", input: x)
    }
    let centered = x - mean.value
    guard let matrix = matrix?.value else { return centered }
    let rows = centered.reshaped([shape[0], matrix.shape[0]])
    // In bfloat16, where the run has it, small components would drown.
    return withPrecision(.standard) { matmul(rows, matrix) }.reshaped(shape)
  }
}

/// A network behind a map of its images. Its parameters keep their paths; the map's numbers are `images.mean` and `images.matrix`.
struct MappedNetwork<Network: Layer>: Layer, NamedParts {
  let network: Network
  let images: ImageMapping

  var parts: [(name: String, part: Any)] { [("", network), ("images", images)] }

  func forward(_ x: consuming Tensor) -> Tensor { network(images(x)) }
}

extension Layer {
  /// The network behind a map, with its auxiliary heads where it has some.
  package func mapped(by images: ImageMapping) -> any Layer { MappedNetwork(network: self, images: images) }
}

extension MappedNetwork: AuxiliaryClassifying where Network: AuxiliaryClassifying {
  func trainingLogits(_ x: consuming Tensor) -> [(logits: Tensor, weight: Double)] { network.trainingLogits(images(x)) }
}
