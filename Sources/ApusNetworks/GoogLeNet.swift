import ApusCore
import ApusLayers

/// GoogLeNet (Inception v1): nine Inception modules, global average pooling, one linear layer. Szegedy et al. 2015, "Going deeper with
/// convolutions", table 1; lecture 4.
///
/// | | #1×1 | #3×3 reduce | #3×3 | #5×5 reduce | #5×5 | pool proj | output |
/// |---|---|---|---|---|---|---|---|
/// | 3a | 64 | 96 | 128 | 16 | 32 | 32 | 28×28×256 |
/// | 3b | 128 | 128 | 192 | 32 | 96 | 64 | 28×28×480 |
/// | 4a | 192 | 96 | 208 | 16 | 48 | 64 | 14×14×512 |
/// | 4b | 160 | 112 | 224 | 24 | 64 | 64 | 14×14×512 |
/// | 4c | 128 | 128 | 256 | 24 | 64 | 64 | 14×14×512 |
/// | 4d | 112 | 144 | 288 | 32 | 64 | 64 | 14×14×528 |
/// | 4e | 256 | 160 | 320 | 32 | 128 | 128 | 14×14×832 |
/// | 5a | 256 | 160 | 320 | 32 | 128 | 128 | 7×7×832 |
/// | 5b | 384 | 192 | 384 | 48 | 128 | 128 | 7×7×1024 |
///
/// Max-pools of 3×3 / 2 reach over the edge (ceil mode): 112 → 56 → 28 → 14 → 7.
public struct GoogLeNet: Layer {
  /// Two networks are called GoogLeNet, and a file of weights fits one of them.
  public enum Variant: String, Hashable, Sendable, CaseIterable {
    /// As published: biases, local response norm around the second convolution, dropout of 0.4; 6,998,552 parameters without
    /// auxiliary heads.
    case paper
    /// Batch norm with ε = 0.001 instead of biases and response norm, 3×3 convolutions where the paper has 5×5, dropout of 0.2, and a
    /// 2×2 window in the last pool; 6,624,904 parameters without auxiliary heads.
    case torchvision
  }

  /// 7×7 with stride 2, `channels` → 64, at 112×112 of images of 224×224.
  package let conv1: BasicConv2D
  /// 1×1, 64 → 64: the reduction before `conv3`.
  package let conv2: BasicConv2D
  /// 3×3, 64 → 192, at 56×56.
  package let conv3: BasicConv2D
  /// 192 → 256 → 480 channels at 28×28.
  package let inception3a, inception3b: Inception
  /// 480 → 512 → 512 → 512 → 528 → 832 channels at 14×14.
  package let inception4a, inception4b, inception4c, inception4d, inception4e: Inception
  /// 832 → 832 → 1,024 channels at 7×7.
  package let inception5a, inception5b: Inception
  /// Heads on 4a and 4d, used in training alone.
  package let aux1, aux2: AuxiliaryHead?
  /// Before `fc`, with probability 0.4 in the paper's variant, 0.2 in torchvision's.
  package let dropout: Dropout
  /// 1,024 → `classes`.
  public let fc: Linear
  /// Decides also about response norm and the last max-pool, which have no parameters.
  package let variant: Variant

  /// - Parameter auxiliaryHeads: whether 4a and 4d have heads, which add to the loss of training and are not run otherwise.
  public init(
    _ variant: Variant = .torchvision, auxiliaryHeads: Bool = false, channels: Int = 3, classes: Int = 1000
  ) {
    let isNormalized = variant == .torchvision
    let module = { (channels: Int, widths: Inception.Widths) in
      Inception(channels, widths, fiveKernel: variant == .paper ? 5 : 3, normalized: isNormalized)
    }
    conv1 = BasicConv2D(channels, 64, kernel: 7, stride: 2, padding: 3, normalized: isNormalized)
    conv2 = BasicConv2D(64, 64, kernel: 1, normalized: isNormalized)
    conv3 = BasicConv2D(64, 192, kernel: 3, padding: 1, normalized: isNormalized)
    inception3a = module(192, .init(one: 64, three: (96, 128), five: (16, 32), pool: 32))
    inception3b = module(256, .init(one: 128, three: (128, 192), five: (32, 96), pool: 64))
    inception4a = module(480, .init(one: 192, three: (96, 208), five: (16, 48), pool: 64))
    inception4b = module(512, .init(one: 160, three: (112, 224), five: (24, 64), pool: 64))
    inception4c = module(512, .init(one: 128, three: (128, 256), five: (24, 64), pool: 64))
    inception4d = module(512, .init(one: 112, three: (144, 288), five: (32, 64), pool: 64))
    inception4e = module(528, .init(one: 256, three: (160, 320), five: (32, 128), pool: 128))
    inception5a = module(832, .init(one: 256, three: (160, 320), five: (32, 128), pool: 128))
    inception5b = module(832, .init(one: 384, three: (192, 384), five: (48, 128), pool: 128))
    aux1 = auxiliaryHeads ? AuxiliaryHead(512, classes: classes, variant) : nil
    aux2 = auxiliaryHeads ? AuxiliaryHead(528, classes: classes, variant) : nil
    dropout = Dropout(dropProbability: isNormalized ? 0.2 : 0.4)
    fc = Linear(1024, classes)
    self.variant = variant
  }

  /// [N, H, W, channels] → logits [N, classes], without the auxiliary heads; training takes `trainingLogits(_:)`.
  public func forward(_ x: consuming Tensor) -> Tensor { head(last(middle(first(x)))) }

  /// To 4a, the input of the first auxiliary head.
  private func first(_ x: Tensor) -> Tensor {
    var h = pool(conv1(x))
    if variant == .paper { h = LocalResponseNorm.alexNet(h) }
    h = conv3(conv2(h))
    if variant == .paper { h = LocalResponseNorm.alexNet(h) }
    h = inception3b(inception3a(pool(h)))
    return inception4a(pool(h))
  }

  /// From 4b to 4d, the input of the second auxiliary head.
  private func middle(_ h: Tensor) -> Tensor { inception4d(inception4c(inception4b(h))) }

  private func last(_ h: Tensor) -> Tensor {
    let h = inception4e(h)
    let small = variant == .paper ? pool(h) : maxPool2d(h, kernel: 2, stride: 2, ceilMode: true)
    return inception5b(inception5a(small))
  }

  private func head(_ h: Tensor) -> Tensor { fc(dropout(flatten(globalAveragePool2d(h)))) }

  private func pool(_ x: Tensor) -> Tensor { maxPool2d(x, kernel: 3, stride: 2, ceilMode: true) }
}

extension GoogLeNet: AuxiliaryClassifying {
  /// The heads' losses count 0.3 each, as in the paper.
  public func trainingLogits(_ x: consuming Tensor) -> [(logits: Tensor, weight: Double)] {
    let h = first(x)
    let early = aux1?(h)
    let m = middle(h)
    let late = aux2?(m)
    return [(head(last(m)), 1)] + [early, late].compactMap { $0.map { ($0, 0.3) } }
  }
}

/// A classifier on a middle layer of GoogLeNet: average pooling to 4×4, a 1×1 convolution to 128 channels, 2,048 – 1,024 – classes with
/// dropout of 0.7. Szegedy et al. 2015, section 5.
package struct AuxiliaryHead: Layer {
  /// 1×1, `channels` → 128.
  package let conv: BasicConv2D
  /// 2,048 → 1,024, followed by a ReLU.
  package let fc1: Linear
  /// 1,024 → `classes`.
  package let fc2: Linear
  /// Between `fc1` and `fc2`; the paper's probability in both variants.
  package let dropout = Dropout(dropProbability: 0.7)
  /// Decides how the map becomes 4×4, and whether `conv` has a batch norm.
  package let variant: GoogLeNet.Variant

  /// - Parameter channels: of the map that it classifies: 512 behind 4a, 528 behind 4d.
  package init(_ channels: Int, classes: Int, _ variant: GoogLeNet.Variant) {
    conv = BasicConv2D(channels, 128, kernel: 1, normalized: variant == .torchvision)
    fc1 = Linear(4 * 4 * 128, 1024)
    fc2 = Linear(1024, classes)
    self.variant = variant
  }

  /// [N, H, W, channels] → logits [N, classes]; 14×14 in the paper's variant, any size in torchvision's.
  package func forward(_ x: Tensor) -> Tensor {
    // 14×14 → 4×4: 5×5 windows with a stride of 3 in the paper, cells of any image in torchvision.
    let cells =
      variant == .paper ? averagePool2d(x, kernel: 5, stride: 3) : adaptiveAveragePool2d(x, size: 4)
    return fc2(dropout(relu(fc1(flatten(conv(cells))))))
  }
}
