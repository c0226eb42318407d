import ApusCore
import ApusLayers
import ApusSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A residual block, x + F(x): the weights of the layers of F, in the order in which they run.
package protocol ResidualBranch {
  /// Filters and matrices, two or more; those of a projection on the shortcut are not in it.
  var branchWeights: [Parameter] { get }
}

extension ResidualBlock: ResidualBranch {
  /// Both 3×3 convolutions' weights; the shortcut's is left as it is.
  package var branchWeights: [Parameter] { [conv1.weight, conv2.weight] }
}

/// Fixup: residual networks that train without normalization, since a step changes the function by an amount that
/// does not grow with depth. With L blocks of m layers each: the last layer of each block and the classifier are 0,
/// so that a block begins as its shortcut; the other layers of the block are He's, times L^(−1 / (2m − 2)).
///
/// Zhang, Dauphin & Ma 2019, "Fixup initialization: residual learning without normalization". Its third rule, scalar
/// multipliers and biases in each block, is the architecture's. Behind a batch norm the factor has no effect, the
/// zeros do. Weights are drawn anew, under `Random.withSeed`; the classifier's bias becomes 0.
package func initializeFixup(_ blocks: [any ResidualBranch], classifier: Linear?) {
  for block in blocks {
    let weights = block.branchWeights
    guard weights.count >= 2 else {
      fatalError("initializeFixup: a block of \(weights.count) layers, expected at least 2")
    }
    let factor = pow(Double(blocks.count), -1 / Double(2 * weights.count - 2))
    for weight in weights.dropLast() {
      let fanIn = weight.shape.dropLast().reduce(1, *)
      weight.value = Initializer.kaimingNormal().tensor(weight.shape, fanIn: fanIn, fanOut: 1) * factor
    }
    weights.last!.value = .zeros(weights.last!.shape)
  }
  guard let classifier else { return }
  classifier.weight.value = .zeros(classifier.weight.shape)
  if let bias = classifier.bias { bias.value = .zeros(bias.shape) }
}

extension CIFARResNet {
  /// Fixup's values for its blocks and its linear layer.
  public func initializeFixup() {
    let blocks = [stage1, stage2, stage3].flatMap { $0.layers.compactMap { $0 as? any ResidualBranch } }
    ApusNetworks.initializeFixup(blocks, classifier: fc)
  }
}
