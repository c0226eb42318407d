import ApusCore

/// What in an image a class's score depends on: maps of the methods that the literature has, as functions of a model and images.
///
/// All of them take a model that gives scores (logits) `[N, classes]`, images `[N, H, W, C]` as the model takes them, normalized, and a
/// class for each image. They run in inference, move no state, and give the same bits in every call; what is random is a function of a
/// seed. Images of a batch do not depend on each other.
public enum Attribution {}

extension Attribution {
  /// The gradient of each image's class score with respect to the image, g = ∂f_c(x) / ∂x: `[N, H, W, C]`. The scores `[N]` have the bits
  /// of inference.
  ///
  /// - Throws: `PlanError` if the images do not fit the model; `AttributionError` for a class or a model that has no such scores.
  public static func gradient(
    of model: some Layer, at x: Tensor, classes: [Int]
  ) throws -> (scores: Tensor, gradient: Tensor) {
    let asked = try AskedClasses(classes, of: model, at: x)
    return gradient(of: model, at: x, asked.scores)
  }

  /// Of the scores that `pick` takes of all.
  static func gradient(
    of model: some Layer, at x: Tensor, _ pick: (Tensor) -> Tensor
  ) -> (scores: Tensor, gradient: Tensor) {
    var scores = x
    let taken = valueWithGradient(at: x, in: .inference) { x in
      let picked = pick(model(x))
      scores = picked.detached()
      return picked.sum()
    }
    return (scores.reshaped([x.shape[0]]), taken.gradient)
  }

  /// The saliency map, the largest magnitude of the gradient among a pixel's channels: `[N, H, W]`. Simonyan et al. 2014, "Deep
  /// inside convolutional networks".
  public static func saliency(of model: some Layer, at x: Tensor, classes: [Int]) throws -> Tensor {
    try gradient(of: model, at: x, classes: classes).gradient.abs().max(axes: [3])
  }

  /// The gradient times the input, x ⊙ ∂f_c / ∂x: `[N, H, W, C]`; of a linear model without bias each pixel's part of the score.
  /// Shrikumar et al. 2016, "Not just a black box".
  public static func gradientTimesInput(of model: some Layer, at x: Tensor, classes: [Int]) throws -> Tensor {
    try x * gradient(of: model, at: x, classes: classes).gradient
  }
}
