import ApusCore
import ApusLayers

extension Seeing {
  /// How much each pixel moves the unit in the middle of a layer: the mean over images and channels of |∂ Σ_k A_k(middle) / ∂x|, `[H, W]`.
  /// It fills the plan's receptive field for positive weights without activations, and about a Gaussian in its middle for trained ones.
  /// Luo et al. 2016, "Understanding the effective receptive field in deep convolutional neural networks".
  ///
  /// - Parameter path: of a layer that gives images.
  /// - Throws: `PathError` for a path that is no layer; `AttributionError` for a layer that gives no images.
  public static func effectiveReceptiveField(of model: some Layer, at path: String, images x: Tensor) throws -> Tensor {
    let pass = try RuledPass(model, input: x.shape, to: path)
    let shape = pass.outputShape
    if shape.count != 4 {
      throw AttributionError("\(path) gives \(shape): a receptive field is that of a layer that gives images")
    }
    let (row, column) = (shape[1] / 2, shape[2] / 2)
    let seed = Tensor.ones([shape[0], 1, 1, shape[3]]).padded([
      (0, 0), (row, shape[1] - row - 1), (column, shape[2] - column - 1), (0, 0),
    ])
    return try pass(x, seed: seed, by: .gradient).inputs[0].abs().mean(axes: [0, 3])
  }
}
