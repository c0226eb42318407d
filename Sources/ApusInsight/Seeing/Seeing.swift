import ApusCore
import ApusLayers

/// What layers of a model look for, and what they find in images.
public enum Seeing {}

extension Seeing {
  /// The filters of a convolution inside a model: `[KH, KW, Cin / groups, Cout]`.
  ///
  /// - Throws: `PathError` for a path at which there is no convolution, with those that are nearest.
  public static func filters(of model: some Model, at path: String) throws -> Tensor {
    let all = convolutions(of: model)
    if let found = all.first(where: { $0.path == path }) { return found.filters }
    throw PathError(
      path, problem: "is not one of the model's \(all.count) convolutions",
      nearest: PathError.nearest(to: path, in: all.map { ($0.path, $0.path) }))
  }

  /// Every convolution of a model, by its layer's path, with its filters.
  package static func convolutions(of model: some Model) -> [(path: String, filters: Tensor)] {
    model.parameters.compactMap { entry in
      let name = ".weight"
      guard entry.parameter.shape.count == 4, entry.path.hasSuffix(name) else { return nil }
      return (String(entry.path.dropLast(name.count)), entry.parameter.value)
    }
  }

  /// The templates of a linear classifier, what it holds each image against: `[classes, H, W, C]`, f_c(x) = Σ x ⊙ template_c + b_c.
  ///
  /// - Parameter input: an image's shape, `[H, W, C]`.
  /// - Throws: `AttributionError` unless the model is one linear layer on the image's pixels.
  public static func templates(of model: some Layer, input: Shape) throws -> Tensor {
    let pass = try RuledPass(model, input: Shape([1] + input))
    let products = pass.nodes.filter { if case .reshape = $0.operation { false } else { true } }
    guard products.count == 1, case .linear = products[0].operation, let weight = pass.constant(products[0].inputs[1]),
      weight.shape[0] == input.elementCount
    else {
      throw AttributionError(
        "templates are those of one linear layer on the image's pixels; of a deeper network saliency shows a class's gradient"
      )
    }
    return weight.transposed().reshaped(Shape([weight.shape[1]] + input))
  }
}
