import ApusCore
import ApusLayers

/// A number inside a network, for which an image is sought that makes it large.
public struct ActivationTarget: Hashable, Sendable {
  private enum Part: Hashable {
    case channel(Int)
    case unit([Int])
    case energy
  }

  /// Of the layer; `nil`: the model's own result.
  package let path: String?
  private let part: Part

  /// A class's score, of a model that gives scores [N, classes].
  public static func score(class index: Int) -> ActivationTarget { ActivationTarget(path: nil, part: .channel(index)) }

  /// A channel's mean over the places of a layer's maps, or a number of its row.
  public static func channel(_ channel: Int, at path: String) -> ActivationTarget {
    ActivationTarget(path: path, part: .channel(channel))
  }

  /// One number of what a layer gives for an image: `[row, column, channel]`.
  public static func unit(_ place: [Int], at path: String) -> ActivationTarget {
    ActivationTarget(path: path, part: .unit(place))
  }

  /// Half the mean square of all that a layer gives: whatever it sees in an image becomes more. A. Mordvintsev et al., "Inceptionism",
  /// Google Research blog, 2015.
  public static func layer(_ path: String) -> ActivationTarget { ActivationTarget(path: path, part: .energy) }

  /// - Throws: `PathError` for a path that is no layer; `PlanError` if the image does not fit; `AttributionError` if the target is no
  ///   part of what the layer gives for an image `[H, W, C]`.
  func check(_ model: some Layer, input: Shape) throws {
    let shape =
      try path.map { try FeatureExtractor(model, at: $0, input: input).outputShape }
      ?? Shape(model.plan(input: Shape([1] + input)).outputShape.dropFirst())
    let name = path ?? "the model"
    switch part {
    case .channel(let channel):
      if !(0..<(shape.last ?? 0)).contains(channel) {
        throw AttributionError(
          "channel \(channel) of \(name), which gives \(shape): expected 0...\((shape.last ?? 0) - 1)")
      }
    case .unit(let place):
      if place.count != shape.count || zip(place, shape).contains(where: { !(0..<$1).contains($0) }) {
        throw AttributionError("unit \(place) of \(name), which gives \(shape): expected a place in it")
      }
    case .energy: break
    }
  }

  /// Of what the layer gives for one image.
  func value(of result: Tensor) -> Tensor {
    switch part {
    case .channel(let channel): result.slice(axis: result.rank - 1, range: channel..<channel + 1).mean()
    case .unit(let place):
      zip(place.indices, place).reduce(result) { $0.slice(axis: $1.0 + 1, range: $1.1..<$1.1 + 1) }.sum()
    case .energy: result.square().mean() * 0.5
    }
  }
}
