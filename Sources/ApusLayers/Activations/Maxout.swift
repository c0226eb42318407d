import ApusCore
import ApusSupport

/// The maximum over `pieces` blocks of channels: [… , pieces · C] → [… , C], y[c] = max over j of x[j · C + c].
///
/// The first maximum wins ties and takes the whole gradient; NaN propagates.
public func maxout(_ x: Tensor, pieces: Int) -> Tensor {
  checkPieces(pieces)
  if x.isPoisoned { return x }
  let x = x.entering("Maxout")
  guard x.rank >= 1, x.shape[x.rank - 1] % pieces == 0 else {
    return shapeFailure("Maxout", "needs channels that are a multiple of \(pieces), input is \(x.shape)", input: x)
  }
  let tape = Tape.recording(x)
  let (y, won) = Kernels.maxout(x, pieces: pieces, wantsPieces: tape != nil)
  if let tape, let won { tape.record(y, x.body.node) { Kernels.maxoutBackward($0, won: won, pieces: pieces) } }
  report("Maxout", y, from: [x], as: .maxout(pieces: pieces))
  return y
}

/// Maxout: the maximum over `pieces` blocks of channels, [… , pieces · C] → [… , C].
///
/// After a linear layer or a convolution with pieces · C outputs it is max over j of (wⱼᵀx + bⱼ), the j-th weights being the j-th
/// block of columns. It is linear in pieces: it neither saturates nor dies, and generalizes ReLU and leaky ReLU, for `pieces` times
/// the parameters. Goodfellow et al. 2013, "Maxout networks".
///
/// ```swift
/// let hidden = Sequential {
///   Linear(784, 2 * 256)
///   Maxout(2)
/// }
/// ```
public struct Maxout: Layer {
  /// Channels that compete for each one of the result, 2...256.
  package let pieces: Int

  /// Traps unless `pieces` is 2 to 256.
  public init(_ pieces: Int) {
    checkPieces(pieces)
    self.pieces = pieces
  }

  /// Traps, before any input is seen, if `pieces` does not divide the channels that it will get.
  public init(_ pieces: Int, channels: Int) {
    self.init(pieces)
    if channels < 1 || channels % pieces != 0 {
      fatalError("Maxout: \(channels) channels cannot be divided into \(pieces) pieces")
    }
  }

  /// [… , pieces · C] → [… , C]. Traps unless `pieces` divides the channels.
  public func forward(_ x: consuming Tensor) -> Tensor { maxout(x, pieces: pieces) }
}

private func checkPieces(_ pieces: Int) {
  if !(2...256).contains(pieces) { fatalError("Maxout: \(pieces) pieces, expected 2 to 256") }
}
