/// [N, …] → [N, product of the rest]; images in the order (H, W, C).
public struct Flatten: Layer {
  public init() {}

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { flatten(x) }
}

/// Inverted dropout while gradients are taken and in phase `.monteCarlo`: each element is 0 with probability `rate`,
/// else x / (1 − rate). Srivastava et al. 2014.
public struct Dropout: Layer {
  public let rate: Double

  public init(_ rate: Double) {
    if rate < 0 || rate >= 1 { fatalError("Dropout: rate \(rate) is not in 0..<1") }
    self.rate = rate
  }

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { dropout(x, rate: rate) }
}
