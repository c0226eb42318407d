import ApusCore
import ApusLayers
import ApusSupport

/// Ten views of an image at test time: the four corners and the center, each also mirrored; the network's answer is their mean.
/// Krizhevsky et al. 2012. (The lectures count flips alone as two images, crops and flips as ten.)
public enum TenCrop {
  /// Views of an image.
  static let count = 10

  /// [N, H, W, C] → [N · 10, height, width, C], an image's ten one after the other: top left, top right, bottom left, bottom right,
  /// center, and the same mirrored.
  public static func views(of images: Tensor, height: Int, width: Int) -> Tensor {
    guard images.rank == 4, height > 0, width > 0, height <= images.shape[1], width <= images.shape[2] else {
      fatalError("TenCrop: crops of \(height)×\(width) do not fit into images \(images.shape)")
    }
    let (below, beside) = (images.shape[1] - height, images.shape[2] - width)
    let corners = [(0, 0), (0, beside), (below, 0), (below, beside), (below / 2, beside / 2)]
    let crops = corners.map { top, left in
      images.slice(axis: 1, range: top..<top + height).slice(axis: 2, range: left..<left + width)
    }
    let all = (crops + crops.map { mirrored($0) }).map {
      $0.reshaped([images.shape[0], 1, height, width, images.shape[3]])
    }
    return Tensor.concatenated(all, axis: 1).reshaped([images.shape[0] * 10, height, width, images.shape[3]])
  }

  /// Mean softmax probabilities [N, K] of an image's ten views, in inference.
  public static func probabilities(_ model: some Layer, _ images: Tensor, height: Int, width: Int) -> Tensor {
    let logits = withPhase(.inference, of: model) { model(views(of: images, height: height, width: width)) }
    return softmax(logits).reshaped([images.shape[0], 10, logits.shape[1]]).mean(axes: [1])
  }

  /// Left and right exchanged: [N, H, W, C].
  package static func mirrored(_ images: Tensor) -> Tensor {
    let columns = (0..<images.shape[2]).reversed().map { images.slice(axis: 2, range: $0..<$0 + 1) }
    return Tensor.concatenated(columns, axis: 2)
  }
}
