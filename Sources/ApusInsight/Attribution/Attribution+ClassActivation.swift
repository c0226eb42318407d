import ApusCore
import ApusLayers

extension Attribution {
  /// Grad-CAM: where the maps A_k of a layer speak for the class, ReLU(Σ_k α_k A_k) with α_k the mean over positions of ∂f_c / ∂A_k:
  /// `[N, h, w]`, of the layer's height and width. Selvaraju et al. 2017, "Grad-CAM".
  ///
  /// - Parameter path: of a layer that gives images; by default the last convolution, with what follows it at the same size.
  /// - Throws: `PathError` for a path that is no layer, or on which the scores do not depend; `AttributionError` for a layer that gives no
  ///   images.
  public static func gradCAM(
    of model: some Layer, at x: Tensor, classes: [Int], path: String? = nil
  ) throws -> Tensor {
    let asked = try AskedClasses(classes, of: model, at: x)
    let path = try path ?? ImageLayers(model, input: x.shape).last()
    let (maps, gradient) = try scoreGradient(of: model, at: x, asked, path)
    if maps.rank != 4 {
      throw AttributionError("\(path) gives \(maps.shape): Grad-CAM needs a layer that gives images, [N, H, W, C]")
    }
    return relu((maps * gradient.mean(axes: [1, 2], keepingAxes: true)).sum(axes: [3]))
  }

  /// What a layer gives, and the gradient of the scores there. The recording begins at the layer; where that is called by other means than
  /// as one, like the operators of an imported model, at the images.
  private static func scoreGradient(
    of model: some Layer, at x: Tensor, _ asked: AskedClasses, _ path: String
  ) throws -> (value: Tensor, gradient: Tensor) {
    func taken(at images: [Tensor]) throws -> InnerGradients {
      try valueWithGradients(of: model, at: images, places: [path], in: .inference) {
        asked.scores(model($0.first ?? x)).sum()
      }
    }
    do {
      return try taken(at: []).places[path]!
    } catch is PathError {
      return try taken(at: [x]).places[path]!
    }
  }

  /// The class activation map of a network that ends in a mean over positions and one linear layer: Σ_k w_kc A_k, `[N, h, w]`. Its
  /// mean is the class's score without the bias. Zhou et al. 2016, "Learning deep features for discriminative localization".
  ///
  /// - Throws: `AttributionError` for any other network, which `gradCAM` takes.
  public static func classActivation(of model: some Layer, at x: Tensor, classes: [Int]) throws -> Tensor {
    let pass = try RuledPass(model, input: x.shape)
    let asked = try AskedClasses(classes, images: x.shape, scores: pass.outputShape)
    guard let (maps, weight) = pass.averagedMaps() else {
      throw AttributionError(
        """
        class activation maps need a network that ends in an average over all positions and one linear layer, as ResNet and GoogLeNet do; \
        Grad-CAM takes any network with a layer that gives images
        """)
    }
    let values = pass.value(maps, of: x)
    let own = weight.transposed().take(asked.indices.reshaped([classes.count]), axis: 0)
    return (values * own.reshaped([classes.count, 1, 1, own.shape[1]])).sum(axes: [3])
  }
}

extension RuledPass {
  /// What an average over all positions takes, and the weight [channels, classes] of the linear layer behind it that gives the result.
  fileprivate func averagedMaps() -> (maps: Graph.ValueID, weight: Tensor)? {
    guard let last = nodes.last, case .linear = last.operation, let weight = constant(last.inputs[1]) else {
      return nil
    }
    var value = last.inputs[0]
    while let node = nodes.last(where: { $0.output == value }) {
      let x = shape(of: node.inputs[0])
      switch node.operation {
      case .reshape: value = node.inputs[0]
      case .reduce(.mean, axes: [1, 2], _) where x.count == 4: return (node.inputs[0], weight)
      case .adaptiveAveragePool, .averagePool:
        let y = shape(of: node.output)
        return y[1] == 1 && y[2] == 1 ? (node.inputs[0], weight) : nil
      default: return nil
      }
    }
    return nil
  }
}
