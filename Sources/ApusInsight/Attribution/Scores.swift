import ApusCore
import ApusLayers

/// What an attribution cannot be computed of, in one line.
public struct AttributionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, and what to use instead.
  public let description: String

  package init(_ description: String) { self.description = description }
}

/// The classes whose scores are explained, one per image, checked against the model.
struct AskedClasses {
  /// int32 [N, 1]
  let indices: Tensor
  /// Number of classes that the model scores.
  let count: Int

  /// - Throws: `PlanError` if the images do not fit; `AttributionError` if the model does not give scores [N, classes], or a class is
  ///   none of them.
  init(_ classes: [Int], of model: some Layer, at x: Tensor) throws {
    try self.init(classes, images: x.shape, scores: model.plan(input: x.shape).outputShape)
  }

  init(_ classes: [Int], images: Shape, scores: Shape) throws(AttributionError) {
    if scores.count != 2 {
      throw AttributionError(
        "the model gives \(scores) for images \(images), expected one score per class, [N, classes]")
    }
    if classes.count != images[0] {
      throw AttributionError("\(classes.count) classes for \(images[0]) images, expected one for each")
    }
    if let wrong = classes.first(where: { !(0..<scores[1]).contains($0) }) {
      throw AttributionError("class \(wrong), expected 0...\(scores[1] - 1): the model has \(scores[1]) classes")
    }
    count = scores[1]
    indices = Tensor(classes, shape: [classes.count, 1])
  }

  /// The asked scores, [N, 1].
  func scores(_ all: Tensor) -> Tensor { all.gather(indices, axis: 1) }

  /// 1 at the asked class, 0 elsewhere: [N, classes].
  var oneHot: Tensor { Tensor.oneHot(indices.reshaped([indices.shape[0]]), classes: count) }

  /// The class of one image for `copies` of it.
  func repeated(_ image: Int, _ copies: Int) -> Tensor {
    indices.slice(axis: 0, range: image..<image + 1).broadcast(to: [copies, 1])
  }
}
