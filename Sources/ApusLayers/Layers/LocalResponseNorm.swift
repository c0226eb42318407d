import ApusCore
import ApusSupport

/// Local response normalization across channels, AlexNet's "NORM1" and "NORM2": [N, …, C] → the same shape.
///
/// y[c] = x[c] / (k + alpha / size · Σ x[j]²)^beta, j from c − size / 2 to c + (size − 1) / 2, cut at the first and last channel.
///
/// alpha is divided by `size` as in PyTorch and Caffe. The paper's formula is not: its n = 5, k = 2, alpha = 1e-4, beta = 0.75 are
/// `LocalResponseNorm(5, alpha: 5e-4, beta: 0.75, k: 2)` here, which is `LocalResponseNorm.alexNet`.
///
/// Krizhevsky et al. 2012; lecture 4. No parameters; training and inference are the same.
public struct LocalResponseNorm: Layer {
  /// Channels in the sum, the channel itself included; at least 1.
  package let size: Int
  /// Weight of the mean square of the window, at least 0.
  package let alpha: Double
  /// The exponent, at least 0; 0.75 in AlexNet and by default.
  package let beta: Double
  /// Added before the power, above 0: it bounds the gain of a silent window.
  package let k: Double

  /// The defaults are PyTorch's. Traps if a number is out of range.
  public init(_ size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1) {
    checkResponseNorm("LocalResponseNorm", size, alpha, beta, k)
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.k = k
  }

  /// With the numbers of AlexNet's paper.
  package static var alexNet: LocalResponseNorm { LocalResponseNorm(5, alpha: 5e-4, beta: 0.75, k: 2) }

  /// [N, …, C] → the same shape.
  public func forward(_ x: consuming Tensor) -> Tensor {
    localResponseNorm(x, size: size, alpha: alpha, beta: beta, k: k)
  }
}

private func checkResponseNorm(_ name: String, _ size: Int, _ alpha: Double, _ beta: Double, _ k: Double) {
  if size < 1 || !(alpha >= 0 && alpha.isFinite) || !(beta >= 0 && beta.isFinite) || !(k > 0 && k.isFinite) {
    fatalError(
      """
      \(name)(\(size), alpha: \(alpha), beta: \(beta), k: \(k)): the size must be at least 1, alpha and beta at least 0, \
      k above 0, and all finite
      """)
  }
}

/// Local response norm as a function; see `LocalResponseNorm`.
public func localResponseNorm(
  _ x: Tensor, size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1
) -> Tensor {
  checkResponseNorm("localResponseNorm", size, alpha, beta, k)
  if x.isPoisoned { return x }
  guard x.rank >= 2, x.shape[x.rank - 1] > 0 else {
    return shapeFailure("LocalResponseNorm", "expects [N, …, C], input is \(x.shape)", input: x)
  }
  let x = x.entering("LocalResponseNorm")
  let window = ResponseWindow(size: size, alpha: alpha, beta: beta, k: k)
  let tape = Tape.recording(x)
  let constant = x.detached()
  let y = Kernels.localResponseNorm(constant, window)
  tape?.record(y, x.body.node) { Kernels.localResponseNormBackward(constant, gradient: $0, window) }
  report(
    "LocalResponseNorm", y, from: [x], as: .localResponseNorm(size: size, alpha: alpha, beta: beta, k: k),
    with: .init(multiplyAdds: y.elementCount * size))
  return y
}
