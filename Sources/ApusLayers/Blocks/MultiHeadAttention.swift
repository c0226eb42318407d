import ApusCore
import ApusSupport

/// Self-attention of several heads: [N, T, C] → [N, T, C]. Vaswani et al. 2017, "Attention is all you need".
///
/// q, k, v = x · inWeight + inBias, cut into heads of C / heads channels; of each head y = softmax(q · kᵀ / √(C / heads)) · v; the heads
/// side by side · outWeight + outBias.
///
/// Initial weights: Xavier's uniform distribution, of the first for fan-in C and fan-out 3C, as in PyTorch; biases 0.
public struct MultiHeadAttention: Layer {
  /// [C, 3·C], for q, k and v one after the other
  public let inWeight: Parameter
  /// [3·C]
  public let inBias: Parameter?
  /// [C, C]
  public let outWeight: Parameter
  /// [C]
  public let outBias: Parameter?
  let heads: Int

  /// Traps unless `heads` divides the number of channels.
  public init(_ channels: Int, heads: Int, bias: Bool = true, initializer: Initializer = .xavierUniform()) {
    if channels < 1 || heads < 1 || channels % heads != 0 {
      fatalError("MultiHeadAttention(\(channels), heads: \(heads)): the channels must be a multiple of the heads")
    }
    let initializer = Initializer.chosen ?? initializer
    inWeight = Parameter([channels, 3 * channels], drawnBy: initializer, fanIn: channels, fanOut: 3 * channels)
    outWeight = Parameter([channels, channels], drawnBy: initializer, fanIn: channels, fanOut: channels)
    inBias = bias ? Parameter(.zeros([3 * channels])) : nil
    outBias = bias ? Parameter(.zeros([channels])) : nil
    self.heads = heads
  }

  /// [N, T, C] → [N, T, C]. Traps on another number of channels.
  public func forward(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    let channels = outWeight.shape[0]
    guard x.rank == 3, x.shape[2] == channels else {
      return shapeFailure("MultiHeadAttention", "expects [N, T, \(channels)], input is \(x.shape)", input: x)
    }
    let (batch, tokens) = (x.shape[0], x.shape[1])
    let projected = linear(x, weight: inWeight.value, bias: inBias?.value)
    let parts = projected.reshaped([batch, tokens, 3, heads, channels / heads]).transposed([2, 0, 3, 1, 4])
    let (q, k, v) = (parts[0], parts[1], parts[2])
    let scores = matmul(q * (1 / Double(channels / heads).squareRoot()), k.transposed([0, 1, 3, 2]))
    let mixed = matmul(softmax(scores), v).transposed([0, 2, 1, 3]).reshaped([batch, tokens, channels])
    // Tokens were mixed, and no features: they come in the order of the projection's columns, as they do in PyTorch.
    report("Attention", mixed, from: [projected], with: .init(features: .keeps), isListed: false)
    return linear(mixed, weight: outWeight.value, bias: outBias?.value)
  }
}
