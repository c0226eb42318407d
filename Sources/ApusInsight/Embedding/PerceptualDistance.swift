import ApusCore
import ApusLayers
import ApusSupport

/// How different two images look, by what a network's layers make of them.
///
/// ```swift
/// let distance = try PerceptualDistance(model, at: ["layer1", "layer2", "layer3"], input: [224, 224, 3])
/// let d = distance(images, others)                        // [N]
/// ```
/// Of each layer, features have unit length at every place: d = Σ_layers mean_places Σ_c w_c (â_c − b̂_c)². R. Zhang et al., "The
/// Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018, whose weights w are fitted to what people see.
public struct PerceptualDistance {
  private let pass: ForwardPass
  private let layers: [(path: String, weights: Tensor?)]

  /// - Parameters:
  ///   - paths: of layers that give features, `[H, W, C]` or `[C]`.
  ///   - weights: for each layer one per channel, `[C]`; all 1 if `nil`. Traps where they are others.
  ///   - input: the shape of an image, `[H, W, C]`.
  /// - Throws: `PathError` for a path that is no layer, or one that the model does not call; `PlanError` if images do not fit.
  public init(_ model: any Layer, at paths: [String], weights: [Tensor]? = nil, input: Shape) throws {
    if paths.isEmpty { fatalError("PerceptualDistance of no layers") }
    let channels = try paths.map { try FeatureExtractor(model, at: $0, input: input).outputShape.last ?? 0 }
    if let weights, weights.map(\.shape) != channels.map({ [$0] }) {
      fatalError(
        "PerceptualDistance at \(paths) with weights \(weights.map(\.shape)): the layers have \(channels) channels")
    }
    pass = ForwardPass(model, input: Shape([1] + input))
    layers = zip(paths.indices, paths).map { ($1, weights?[$0]) }
  }

  /// Of images [N, H, W, C] and as many others: [N]; 0 for the same image.
  public func callAsFunction(_ a: Tensor, _ b: Tensor) -> Tensor {
    if a.shape != b.shape { fatalError("PerceptualDistance of \(a.shape) and \(b.shape): as many images of one size") }
    let (ours, theirs) = (features(of: a), features(of: b))
    return zip(zip(ours, theirs), layers).map { features, layer in
      let squares = (features.0 - features.1).square()
      let weighed = layer.weights.map { squares * $0 } ?? squares
      let places = weighed.sum(axes: [weighed.rank - 1])
      return places.reshaped([a.shape[0], places.elementCount / max(a.shape[0], 1)]).mean(axes: [1])
    }.reduce(Tensor.zeros([a.shape[0]]), +)
  }

  /// Of each layer, with unit length at every place; where nothing is active, 0.
  private func features(of images: Tensor) -> [Tensor] {
    let scope = Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0))
    scope.model = pass.model
    let results = ResultCatcher.results(at: layers.map(\.path), of: pass, in: scope) { [images.detached()] }
    return layers.map { layer in
      guard let features = results[layer.path] else {
        fatalError("PerceptualDistance at \(layer.path): for images \(images.shape) the model does not call the layer")
      }
      let lengths = features.square().sum(axes: [features.rank - 1], keepingAxes: true).sqrt()
      return features / (lengths + 1e-10)
    }
  }
}
