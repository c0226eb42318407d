import ApusCore
import ApusLayers
import ApusSupport

/// DenseNet-BC: every layer sees what all layers of its block before it have made. Huang et al. 2017, "Densely connected convolutional
/// networks", table 1; names and initial values are torchvision's.
///
/// | | output | 121 | 169 | 201 | 161 |
/// |---|---|---|---|---|---|
/// | 7×7 convolution, stride 2 | 112×112 | 64 | 64 | 64 | 96 |
/// | 3×3 max-pool, stride 2 | 56×56 | | | | |
/// | dense block 1 | 56×56 | 6 | 6 | 6 | 6 |
/// | transition: 1×1 convolution, 2×2 average pool | 28×28 | 128 | 128 | 128 | 192 |
/// | dense block 2 | 28×28 | 12 | 12 | 12 | 12 |
/// | transition | 14×14 | 256 | 256 | 256 | 384 |
/// | dense block 3 | 14×14 | 24 | 32 | 48 | 36 |
/// | transition | 7×7 | 512 | 640 | 896 | 1056 |
/// | dense block 4 | 7×7 | 16 | 32 | 32 | 24 |
/// | average, linear layer | 1×1 | 1024 | 1664 | 1920 | 2208 |
/// | growth k | | 32 | 32 | 32 | 48 |
/// | parameters | | 7,978,856 | 14,149,480 | 20,013,928 | 28,681,000 |
///
/// Dense blocks are counted in layers (`DenseLayer`), the rest in channels. A transition halves the channels (θ = 0.5), behind a batch
/// norm and a ReLU. Parameters are for three channels and 1,000 classes.
public struct DenseNet: Layer {
  /// The depths that can be made, all of the paper's table, counted in layers with weights.
  package static let depths = [121, 161, 169, 201]

  /// Down to the batch norm behind the last block: [N, H, W, channels] → [N, H / 32, W / 32, 1024] of DenseNet-121.
  package let features: DenseFeatures
  /// To the classes.
  package let classifier: Linear

  /// Traps unless `depth` is one of 121, 161, 169 and 201.
  public init(depth: Int, channels: Int = 3, classes: Int = 1000) {
    let blocks: [Int]
    switch depth {
    case 121: blocks = [6, 12, 24, 16]
    case 161: blocks = [6, 12, 36, 24]
    case 169: blocks = [6, 12, 32, 32]
    case 201: blocks = [6, 12, 48, 32]
    default: fatalError("DenseNet(depth: \(depth)): \(DenseNet.depths) are the depths there are")
    }
    features = DenseFeatures(channels, growth: depth == 161 ? 48 : 32, blocks: blocks)
    classifier = Linear(features.norm5.runningMean.shape[0], classes, initializer: .pyTorch)
  }

  /// [N, H, W, channels] → logits [N, classes]; images are at least 29×29.
  public func forward(_ x: consuming Tensor) -> Tensor {
    classifier(flatten(globalAveragePool2d(relu(features(x)))))
  }
}

/// The convolutional part of a DenseNet, in whose paths each part has a name: `denseblock1.denselayer1.norm1`.
package struct DenseFeatures: Layer, NamedParts {
  /// 7×7 with stride 2, `channels` → 2k, without a bias; a batch norm, a ReLU and a 3×3 max-pool with stride 2 follow.
  package let conv0: Conv2D
  /// Behind `conv0`.
  package let norm0: BatchNorm
  /// The dense blocks, each a list of layers.
  package let blocks: [DenseBlock]
  /// Between two blocks.
  package let transitions: [Transition]
  /// Behind the last block.
  package let norm5: BatchNorm

  /// - Parameters:
  ///   - growth: the channels that each layer adds, the paper's k.
  ///   - blocks: the number of layers of each.
  package init(_ channels: Int, growth: Int, blocks counts: [Int]) {
    conv0 = Conv2D(channels, 2 * growth, kernel: 7, stride: 2, padding: 3, bias: false)
    norm0 = BatchNorm(2 * growth)
    var width = 2 * growth
    var (blocks, transitions): ([DenseBlock], [Transition]) = ([], [])
    for (index, count) in counts.enumerated() {
      blocks.append(DenseBlock(width, growth: growth, layers: count))
      width += count * growth
      if index == counts.count - 1 { break }
      transitions.append(Transition(width, width / 2))
      width /= 2
    }
    (self.blocks, self.transitions) = (blocks, transitions)
    norm5 = BatchNorm(width)
  }

  /// [N, H, W, channels] → [N, H / 32, W / 32, C].
  package func forward(_ x: consuming Tensor) -> Tensor {
    var h = maxPool2d(relu(norm0(conv0(x))), kernel: 3, stride: 2, padding: 1)
    for (block, transition) in zip(blocks, transitions) { h = transition(block(h)) }
    return norm5(blocks[blocks.count - 1](h))
  }

  /// In the order in which they run.
  package var parts: [(name: String, part: Any)] {
    var parts: [(name: String, part: Any)] = [("conv0", conv0), ("norm0", norm0)]
    for (index, block) in blocks.enumerated() {
      parts.append(("denseblock\(index + 1)", block))
      if index < transitions.count { parts.append(("transition\(index + 1)", transitions[index])) }
    }
    return parts + [("norm5", norm5)]
  }
}

/// Layers whose results are added to their input as channels: [N, H, W, C] → [N, H, W, C + k·layers]. Huang et al. 2017, equation 2.
///
/// xₗ = Hₗ([x₀, x₁, …, xₗ₋₁])
package struct DenseBlock: Layer, NamedParts {
  /// The Hₗ, each of k channels more than the one before it.
  package let layers: [DenseLayer]

  /// `growth`: the channels that each layer adds, the paper's k.
  package init(_ channels: Int, growth: Int, layers: Int) {
    self.layers = (0..<layers).map { DenseLayer(channels + $0 * growth, growth: growth) }
  }

  /// [N, H, W, C] → [N, H, W, C + k·layers], the input's channels first.
  package func forward(_ x: consuming Tensor) -> Tensor {
    // Widened where the layers' results will be.
    var h = x.entering("DenseBlock")
    for layer in layers {
      let new = layer(h)
      if new.isPoisoned { return new }
      h = Tensor.concatenated([h, new])
    }
    return h
  }

  /// The layers, counted from 1.
  package var parts: [(name: String, part: Any)] {
    layers.enumerated().map { ("denselayer\($0.offset + 1)", $0.element) }
  }
}

/// H of a dense block, with a bottleneck: BN – ReLU – 1×1 convolution to 4k channels – BN – ReLU – 3×3 convolution to k.
/// [N, H, W, C] → [N, H, W, k]. Huang et al. 2017, section 3.
package struct DenseLayer: Layer {
  /// Of C channels.
  package let norm1: BatchNorm
  /// 1×1, C → 4k, without a bias.
  package let conv1: Conv2D
  /// Of 4k channels.
  package let norm2: BatchNorm
  /// 3×3, 4k → k, without a bias.
  package let conv2: Conv2D

  /// `growth`: k.
  package init(_ channels: Int, growth: Int) {
    norm1 = BatchNorm(channels)
    conv1 = Conv2D(channels, 4 * growth, kernel: 1, bias: false)
    norm2 = BatchNorm(4 * growth)
    conv2 = Conv2D(4 * growth, growth, kernel: 3, padding: 1, bias: false)
  }

  /// [N, H, W, C] → [N, H, W, k].
  package func forward(_ x: Tensor) -> Tensor { conv2(relu(norm2(conv1(relu(norm1(x)))))) }
}

/// BN – ReLU – 1×1 convolution – 2×2 average pool: [N, H, W, C] → [N, H / 2, W / 2, K]. Huang et al. 2017, section 3.
package struct Transition: Layer {
  /// Of C channels.
  package let norm: BatchNorm
  /// 1×1, C → K, without a bias.
  package let conv: Conv2D

  /// From C channels to K.
  package init(_ inputChannels: Int, _ outputChannels: Int) {
    norm = BatchNorm(inputChannels)
    conv = Conv2D(inputChannels, outputChannels, kernel: 1, bias: false)
  }

  /// [N, H, W, C] → [N, ⌊H / 2⌋, ⌊W / 2⌋, K].
  package func forward(_ x: consuming Tensor) -> Tensor { averagePool2d(conv(relu(norm(x))), kernel: 2) }
}
