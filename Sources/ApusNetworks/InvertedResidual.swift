import ApusCore
import ApusLayers

/// A residual block that is wide inside and narrow at its ends: a 1×1 convolution that expands, a depthwise one, with
/// squeeze-and-excitation in the later networks, and a 1×1 convolution that projects, without a function behind it.
/// Sandler et al. 2018, "MobileNetV2: inverted residuals and linear bottlenecks", figure 3b; EfficientNet's MBConv.
///
/// y = block(x) + x where the block keeps the shape, else block(x)
package struct InvertedResidual: Layer, NamedParts {
  /// From the expansion to the projection.
  package let block: Sequential
  /// Leaves the branch out of some samples of a training batch; `nil` where it is always taken.
  package let stochasticDepth: StochasticDepth?
  /// Whether the input is added.
  package let isResidual: Bool
  private let name: String

  /// - Parameters:
  ///   - name: of the block in paths, `conv` in torchvision's MobileNet v2, `block` in its later networks.
  ///   - isResidual: whether the block keeps its input's shape: its stride is 1, its channels are the input's.
  package init(
    named name: String = "block", isResidual: Bool, stochasticDepth: StochasticDepth? = nil,
    @LayerBuilder _ block: () -> [any Layer]
  ) {
    self.block = Sequential(block())
    self.stochasticDepth = isResidual ? stochasticDepth : nil
    self.isResidual = isResidual
    self.name = name
  }

  /// [N, H, W, C] → [N, ⌈H / stride⌉, ⌈W / stride⌉, K].
  package func forward(_ x: Tensor) -> Tensor {
    if !isResidual { return block(x) }
    // Without a name the last convolution's result is held by the sum alone, which then joins it.
    if let stochasticDepth { return stochasticDepth(block(x)) + x }
    return block(x) + x
  }

  /// The block under its name, and what has no parameters.
  package var parts: [(name: String, part: Any)] {
    [(name, block)] + (stochasticDepth.map { [("stochasticDepth", $0)] } ?? [])
  }
}
