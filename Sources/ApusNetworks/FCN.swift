import ApusCore
import ApusLayers
import ApusSupport

/// The fully convolutional network for segmentation: [N, H, W, C] → scores of the classes at every pixel, [N, H, W, classes], for images
/// of any size. Long, Shelhamer & Darrell 2015, "Fully convolutional networks for semantic segmentation".
///
/// Stages halve the image one after the other; a head scores the last one's map; fusions enlarge the scores by two and add those of the
/// next finer stage (the paper's figure 3); what then is `stride` pixels apart is enlarged bilinearly. Of odd sizes every stage keeps the
/// half that is not whole (⌈size / 2⌉), so the enlarged scores are as large as the input or larger. They are cut, never stretched, to the
/// input's size: a score stays above the pixels that it was made of.
public struct FCN: Layer {
  /// Their maps, but for the first ones', are scored: `fusions` counts back from the last but one.
  package let stages: [Sequential]
  /// Convolutions between the last stage and `score`, VGG's first two linear layers in the published nets; none in `small`.
  package let head: Sequential
  /// 1×1, of the head's features.
  package let score: Conv2D
  /// From the coarsest to the finest.
  package let fusions: [ScoreFusion]
  /// Pixels between neighboring scores of the last fusion.
  package let stride: Int
  /// Rows and columns of the enlarged scores before the image begins.
  package let offset: Int

  /// Score layers begin at 0, as published: every class is equally likely at first, and what a fusion adds begins with no effect.
  private init(
    stages: [Sequential], head: Sequential, features: Int, fusions: [ScoreFusion], stride: Int, offset: Int,
    classes: Int
  ) {
    self.stages = stages
    self.head = head
    score = Conv2D(features, classes, kernel: 1, initializer: .zeros)
    self.fusions = fusions
    self.stride = stride
    self.offset = offset
  }

  /// [N, H, W, C] → scores [N, H, W, classes], before a softmax.
  public func forward(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    guard x.rank == 4 else { return shapeFailure("FCN", "expects [N, H, W, C], input is \(x.shape)", input: x) }
    let (height, width) = (x.shape[1], x.shape[2])
    var h = x
    var maps: [Tensor] = []
    for (index, stage) in stages.enumerated() {
      h = stage(h)
      let before = stages.count - 1 - index
      if before >= 1 && before <= fusions.count { maps.append(h) }
    }
    var scores = score(head(h))
    for fusion in fusions { scores = fusion(scores, maps.removeLast()) }
    if scores.isPoisoned { return scores }
    scores = resize2d(scores, height: scores.shape[1] * stride, width: scores.shape[2] * stride)
    return cut(scores, from: offset, height: height, width: width)
  }
}

/// Scores of a coarse map enlarged by two, plus those of a finer one. The enlargement is a transposed convolution, 4×4 with stride 2,
/// that begins as bilinear interpolation and is learned; its result and the finer map are cut to what they have in common.
package struct ScoreFusion {
  /// 4×4 with stride 2, classes → classes, without a bias.
  package let enlarge: ConvTranspose2D
  /// 1×1, of the finer map.
  package let score: Conv2D
  /// Rows and columns of the finer map before the enlarged one begins.
  package let offset: Int

  /// - Parameters:
  ///   - features: channels of the finer map.
  ///   - padding: taken off the enlarged map on each side: 1 makes it exactly twice as large, 0 (as published) leaves a border of 1.
  package init(features: Int, classes: Int, padding: Int = 1, offset: Int = 0) {
    enlarge = ConvTranspose2D(
      classes, classes, kernel: 4, stride: 2, padding: .explicit(padding), bias: false, initializer: .bilinear)
    score = Conv2D(features, classes, kernel: 1, initializer: .zeros)
    self.offset = offset
  }

  /// coarse [N, h, w, classes], fine [N, H, W, features] → [N, min(2h + 2 − 2·padding, H − offset), the same of w and W, classes].
  package func callAsFunction(_ coarse: Tensor, _ fine: Tensor) -> Tensor {
    let large = enlarge(coarse)
    let scores = score(fine)
    if large.isPoisoned { return large }
    if scores.isPoisoned { return scores }
    let height = min(large.shape[1], scores.shape[1] - offset)
    let width = min(large.shape[2], scores.shape[2] - offset)
    if height < 1 || width < 1 {
      return shapeFailure(
        "ScoreFusion", "expects a fine map of more than \(offset) pixels each way, it is \(fine.shape)", input: fine)
    }
    return cut(large, from: 0, height: height, width: width) + cut(scores, from: offset, height: height, width: width)
  }
}

/// height × width pixels of each image, from (offset, offset) on.
func cut(_ x: Tensor, from offset: Int, height: Int, width: Int) -> Tensor {
  var y = x
  for (axis, size) in [(1, height), (2, width)] where y.shape[axis] != size {
    y = y.slice(axis: axis, range: offset..<offset + size)
  }
  return y
}

// MARK: As published

extension FCN {
  /// The published nets by the pixels between the scores that they enlarge in the end.
  public enum Variant: String, Hashable, Sendable, CaseIterable {
    /// With the last stage's scores alone.
    case fcn32s = "32s"
    /// With the fourth pooling's scores.
    case fcn16s = "16s"
    /// And the third's.
    case fcn8s = "8s"
  }

  /// FCN-32s, -16s and -8s on VGG-16, its fully connected layers as convolutions; 21 classes are PASCAL VOC's with the background.
  ///
  /// 134,346,581 parameters for 32s (the paper's table 1: 134M), 134,364,410 for 16s, 134,376,863 for 8s. As in the authors' files the
  /// first convolution pads by 100 pixels, so that the head's 7×7 windows fit wherever the image lies, and all that is then too much is
  /// cut off, by offsets that put each score above the middle of what it sees. Their last, fixed enlargement counts scores beyond the
  /// border as 0; here the border's are repeated, which multiplies the scores of a pixel near the border by one number.
  public static func vgg16(_ variant: Variant = .fcn8s, classes: Int = 21, channels: Int = 3) -> FCN {
    vgg16(variant, classes: classes, channels: channels, widths: [64, 128, 256, 512, 512], hidden: 4096)
  }

  /// - Parameter widths: channels of the five stages.
  package static func vgg16(_ variant: Variant, classes: Int, channels: Int, widths: [Int], hidden: Int) -> FCN {
    func stage(_ index: Int, convolutions: Int) -> Sequential {
      Sequential {
        for layer in 0..<convolutions {
          let inputs = layer > 0 ? widths[index] : index > 0 ? widths[index - 1] : channels
          Conv2D(inputs, widths[index], kernel: 3, padding: index == 0 && layer == 0 ? 100 : 1)
          ReLU()
        }
        MaxPool2D(2, padding: .same)  // ⌈size / 2⌉, as Caffe rounds
      }
    }
    let pool4 = ScoreFusion(features: widths[3], classes: classes, padding: 0, offset: 5)
    let pool3 = ScoreFusion(features: widths[2], classes: classes, padding: 0, offset: 9)
    let (fusions, stride, offset) =
      switch variant {
      // Caffe's crops of 19, 27 and 31, less the stride / 2 that its transposed convolutions begin before the image.
      case .fcn32s: ([ScoreFusion](), 32, 3)
      case .fcn16s: ([pool4], 16, 19)
      case .fcn8s: ([pool4, pool3], 8, 27)
      }
    return FCN(
      stages: [
        stage(0, convolutions: 2), stage(1, convolutions: 2), stage(2, convolutions: 3), stage(3, convolutions: 3),
        stage(4, convolutions: 3),
      ],
      head: Sequential {
        Conv2D(widths[4], hidden, kernel: 7)
        ReLU()
        Dropout(dropProbability: 0.5)
        Conv2D(hidden, hidden, kernel: 1)
        ReLU()
        Dropout(dropProbability: 0.5)
      },
      features: hidden, fusions: fusions, stride: stride, offset: offset, classes: classes)
  }
}

// MARK: From a classifier

extension FCN {
  /// The published net with the values of a VGG-16 that classifies: its linear layers but the last as convolutions. The new layers that
  /// score begin at 0.
  public static func vgg16(_ variant: Variant = .fcn8s, from classifier: VGG, classes: Int = 21) -> FCN {
    let first = classifier.parameters[0].parameter.shape
    let net = vgg16(variant, classes: classes, channels: first[2])
    net.load(features: classifier.features, classifier: classifier.classifier)
    return net
  }

  /// Takes the values of convolutions and, reshaped, of linear layers: over a window of a map [N, KH, KW, C] a linear layer after a
  /// `Flatten` computes what a convolution with the kernel [KH, KW, C, K] does, whose weight has the same numbers in the same order. So
  /// the classifier slides over the image. Traps if the layers are not the same.
  package func load(features: Sequential, classifier: Sequential) {
    let convolutions = features.layers.compactMap { $0 as? Conv2D }.map { ($0.weight, $0.bias) }
    let linear = classifier.layers.compactMap { $0 as? Linear }.dropLast().map { ($0.weight, $0.bias) }
    let own = (stages + [head]).flatMap(\.layers).compactMap { $0 as? Conv2D }
    if own.count != convolutions.count + linear.count {
      fatalError(
        "FCN: \(own.count) layers before the scores; the classifier has \(convolutions.count) convolutions and \(linear.count) linear ones"
      )
    }
    for (layer, (weight, bias)) in zip(own, convolutions + linear) {
      layer.weight.value = weight.value.reshaped(layer.weight.shape)
      if let bias { layer.bias?.value = bias.value }
    }
  }
}

// MARK: Small

extension FCN {
  /// A small net of the same parts for small images: stages of two 3×3 convolutions with batch norm at full, half, quarter … size, the
  /// maps of all of them scored, so that strokes of few pixels keep their edges. Any size from 1×1 on.
  ///
  /// - Parameter widths: channels of each stage, two stages or more.
  public static func small(classes: Int, channels: Int = 1, widths: [Int] = [16, 32, 64, 64]) -> FCN {
    if widths.count < 2 { fatalError("FCN.small: \(widths.count) stages, expected at least 2") }
    let stages = widths.indices.map { index in
      Sequential {
        if index > 0 { MaxPool2D(2, padding: .same) }
        for layer in 0..<2 {
          let inputs = layer > 0 ? widths[index] : index > 0 ? widths[index - 1] : channels
          Conv2D(inputs, widths[index], kernel: 3, padding: 1, bias: false)
          BatchNorm(widths[index])
          ReLU()
        }
      }
    }
    return FCN(
      stages: stages, head: Sequential([]), features: widths[widths.count - 1],
      fusions: widths.dropLast().reversed().map { ScoreFusion(features: $0, classes: classes) }, stride: 1, offset: 0,
      classes: classes)
  }
}
