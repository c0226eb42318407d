import ApusCore
import ApusLayers

extension Seeing {
  /// A place in one of several images, and what a unit gives there.
  public struct Patch: Hashable, Sendable {
    /// The image's place in its batch.
    public let image: Int
    /// Pixels of the image that the unit sees, those beyond its edge included: from `top` and `left`, which may be negative, `height` by
    /// `width`.
    public let top, left, height, width: Int
    /// What the unit gives.
    public let value: Float

    /// The part of the patch inside an image of a size: rows and columns.
    public func visible(inHeight imageHeight: Int, width imageWidth: Int) -> (rows: Range<Int>, columns: Range<Int>) {
      let (rows, columns) = (max(0, top)..<min(top + height, imageHeight), max(0, left)..<min(left + width, imageWidth))
      return (rows, columns)
    }
  }

  /// The patches that excite channels of a layer most, for each the strongest first, at most one per image: each is the receptive field,
  /// which the plan knows, of the channel's strongest unit there. Zeiler & Fergus 2014, figure 2.
  ///
  /// - Parameters:
  ///   - path: of a layer that gives images.
  ///   - count: patches at most, per channel.
  /// - Returns: the patches of each channel, in the order of `channels`.
  /// - Throws: `PathError` for a path that is no layer; `AttributionError` for a layer that gives no images, or where strides differ
  ///   between branches, so that there is no receptive field.
  public static func maximalPatches(
    of model: some Layer, at path: String, channels: [Int], images x: Tensor, count: Int = 9
  ) throws -> [[Patch]] {
    let extractor = try FeatureExtractor(model, at: path, input: Shape(x.shape.dropFirst()))
    let field = try receptiveField(of: model, at: path, input: x.shape)
    let shape = extractor.outputShape
    let wrong = channels.first { shape.count != 3 || !(0..<shape[2]).contains($0) }
    if let wrong {
      throw AttributionError(
        "channel \(wrong) of \(path), which gives \(shape): expected images [H, W, C] and a channel of them")
    }
    let maps = extractor(x)
    return channels.map { channel in
      let rows = maps.slice(axis: 3, range: channel..<channel + 1).reshaped([x.shape[0], shape[0] * shape[1]])
      let places = rows.argmax(axis: 1).array(of: Int.self)
      let values = rows.max(axes: [1]).array(of: Float.self)
      let order = values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
      return order.prefix(count).map { image in
        let (row, column) = places[image].quotientAndRemainder(dividingBy: shape[1])
        return Patch(
          image: image, top: field.start.height + row * field.jump.height,
          left: field.start.width + column * field.jump.width, height: field.height, width: field.width,
          value: values[image])
      }
    }
  }

  /// The receptive field of a layer's result, from the plan.
  package static func receptiveField(of model: some Layer, at path: String, input: Shape) throws -> ReceptiveField {
    let rows = try model.plan(input: input).rows
    guard let row = rows.last(where: { $0.path == path || $0.path.hasPrefix(path + ".") }) else {
      throw PathError.noLayer(path, of: rows.map(\.path))
    }
    guard let field = row.receptiveField else {
      throw AttributionError(
        "\(path) has no receptive field of whole pixels: branches with different strides, or a resize, come before it")
    }
    return field
  }
}
