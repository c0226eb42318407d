import ApusCore
import ApusLayers

/// A convolution and a ReLU, in torchvision's GoogLeNet with a batch norm between them (and then without a bias).
package struct BasicConv2D: Layer {
  /// Has a bias unless there is a norm.
  package let conv: Conv2D
  /// With ε = 0.001; `nil` in the paper's variant.
  package let bn: BatchNorm?

  /// - Parameter normalized: whether a batch norm takes the place of the bias.
  package init(
    _ inputChannels: Int, _ outputChannels: Int, kernel: IntOrPair, stride: IntOrPair = 1, padding: Padding = 0,
    normalized: Bool
  ) {
    conv = Conv2D(
      inputChannels, outputChannels, kernel: kernel, stride: stride, padding: padding, bias: !normalized)
    bn = normalized ? BatchNorm(outputChannels, epsilon: 1e-3) : nil
  }

  /// [N, H, W, C] → [N, OH, OW, K], with values of at least 0.
  package func forward(_ x: consuming Tensor) -> Tensor {
    // Without a name the convolution's result is held by the norm alone, which then joins it in inference.
    if let bn { return relu(bn(conv(x))) }
    return relu(conv(x))
  }
}

/// An Inception module with reductions: 1×1, 3×3 and 5×5 convolutions and a max-pool side by side, the larger ones and the pool behind
/// or before a 1×1 convolution that makes channels fewer. Szegedy et al. 2015, "Going deeper with convolutions", figure 2b; lecture 4.
///
/// [N, H, W, C] → [N, H, W, one + three + five + pool]
package struct Inception: Layer {
  /// A row of the paper's table: "#1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5, pool proj".
  package struct Widths: Hashable, Sendable {
    /// Channels of the convolutions; those before a 3×3 or 5×5 are its reduction, `pool` is behind the max-pool.
    package var one, threeReduced, three, fiveReduced, five, pool: Int

    /// In the order of the paper's columns: `Widths(one: 64, three: (96, 128), five: (16, 32), pool: 32)` is module 3a.
    package init(one: Int, three: (reduced: Int, full: Int), five: (reduced: Int, full: Int), pool: Int) {
      self.one = one
      (threeReduced, self.three) = three
      (fiveReduced, self.five) = five
      self.pool = pool
    }

    /// Channels of the result.
    package var total: Int { one + three + five + pool }
  }

  /// 1×1, C → `one`.
  package let branch1: BasicConv2D
  /// 1×1, C → `threeReduced`, then 3×3 → `three`.
  package let branch2: Sequential
  /// 1×1, C → `fiveReduced`, then 5×5 (or 3×3) → `five`.
  package let branch3: Sequential
  /// 3×3 max-pool with stride 1, then 1×1, C → `pool`.
  package let branch4: Sequential

  /// `fiveKernel`: 5, or 3 as torchvision's implementation has it.
  package init(_ channels: Int, _ widths: Widths, fiveKernel: Int, normalized: Bool) {
    branch1 = BasicConv2D(channels, widths.one, kernel: 1, normalized: normalized)
    branch2 = Sequential {
      BasicConv2D(channels, widths.threeReduced, kernel: 1, normalized: normalized)
      BasicConv2D(widths.threeReduced, widths.three, kernel: 3, padding: 1, normalized: normalized)
    }
    branch3 = Sequential {
      BasicConv2D(channels, widths.fiveReduced, kernel: 1, normalized: normalized)
      BasicConv2D(
        widths.fiveReduced, widths.five, kernel: IntOrPair(fiveKernel), padding: .explicit(fiveKernel / 2),
        normalized: normalized)
    }
    branch4 = Sequential {
      MaxPool2D(3, stride: 1, padding: 1)
      BasicConv2D(channels, widths.pool, kernel: 1, normalized: normalized)
    }
  }

  /// [N, H, W, C] → [N, H, W, one + three + five + pool], the branches' channels in this order.
  package func forward(_ x: Tensor) -> Tensor {
    if x.isPoisoned { return x }
    return Tensor.concatenated([branch1(x), branch2(x), branch3(x), branch4(x)])
  }
}
