import ApusCore
import ApusInference
import ApusLayers

/// Maps that go back by rules in place of gradients; see `BackwardRule`.
extension Attribution {
  /// Guided backpropagation of each image's class score: `[N, H, W, C]`; see `BackwardRule.guided`.
  public static func guidedBackpropagation(of model: some Layer, at x: Tensor, classes: [Int]) throws -> Tensor {
    try ruled(.guided, of: model, at: x, classes: classes)
  }

  /// The deconvolutional network's projection of each image's class score: `[N, H, W, C]`; see `BackwardRule.deconvolution`.
  public static func deconvolution(of model: some Layer, at x: Tensor, classes: [Int]) throws -> Tensor {
    try ruled(.deconvolution, of: model, at: x, classes: classes)
  }

  /// The projection of one channel's strongest unit of a layer to the image, what Zeiler & Fergus 2014 show beside a filter's maximal
  /// patches: `[N, H, W, C]`.
  ///
  /// - Parameters:
  ///   - path: of a layer that gives images.
  ///   - rule: `.deconvolution` as in the paper, `.guided`, `.gradient`.
  public static func projection(
    of model: some Layer, at x: Tensor, path: String, channel: Int, by rule: BackwardRule = .deconvolution
  ) throws -> Tensor {
    let pass = try RuledPass(model, input: x.shape, to: path)
    let shape = pass.outputShape
    if shape.count != 4 || !(0..<shape[3]).contains(channel) {
      throw AttributionError(
        "channel \(channel) of \(path), which gives \(shape): expected images [N, H, W, C] and a channel of them")
    }
    let maps = pass.value(of: x).slice(axis: 3, range: channel..<channel + 1).reshaped([shape[0], shape[1] * shape[2]])
    let strongest = Tensor.oneHot(maps.argmax(axis: 1), classes: shape[1] * shape[2]) * maps
    let seed = strongest.reshaped([shape[0], shape[1], shape[2], 1])
      .padded([(0, 0), (0, 0), (0, 0), (channel, shape[3] - channel - 1)])
    return try pass(x, seed: seed, by: rule).inputs[0]
  }

  /// The distribution that excitation backpropagation draws units of a layer by, P ≥ 0 with Σ P = 1 for each image; see Zhang et al. 2016,
  /// "Top-down neural attention by excitation backprop": `[N, h, w, c]`, of the layer's shape, or of the images'.
  ///
  /// A unit passes on to its inputs by what excites it, P(j) = Σ_i a_j w⁺_ij / Σ_k a_k w⁺_ik · P(i).
  ///
  /// - Parameters:
  ///   - path: of the layer; `nil` for the image itself.
  ///   - contrastive: what speaks for the class less what speaks against it, the same by the classifier's negated weights: Σ = 0.
  /// - Throws: `AttributionError` where the model has an operation that has no such rule.
  public static func excitation(
    of model: some Layer, at x: Tensor, classes: [Int], path: String? = nil, contrastive: Bool = false
  ) throws -> Tensor {
    let pass = try RuledPass(model, input: x.shape)
    let asked = try AskedClasses(classes, images: x.shape, scores: pass.outputShape)
    if let node = pass.nodes.first(where: { !BackwardRule.conservesExcitation($0.operation) }) {
      throw AttributionError(
        """
        excitation backpropagation has no rule for \(node.operation.name)\(node.path.isEmpty ? "" : " of \(node.path)"); Grad-CAM and \
        integrated gradients take any network
        """)
    }
    func mass(_ rule: BackwardRule) throws -> Tensor {
      let arrived = try pass(x, seed: asked.oneHot, places: path.map { [$0] } ?? [], by: rule)
      return path.map { arrived.places[$0]!.gradient } ?? arrived.inputs[0]
    }
    let own = try mass(.excitation())
    return contrastive ? own - (try mass(.excitation(againstClass: true))) : own
  }

  private static func ruled(
    _ rule: BackwardRule, of model: some Layer, at x: Tensor, classes: [Int]
  ) throws -> Tensor {
    let pass = try RuledPass(model, input: x.shape)
    let asked = try AskedClasses(classes, images: x.shape, scores: pass.outputShape)
    return try pass(x, seed: asked.oneHot, by: rule).inputs[0]
  }
}
