import ApusCore

/// Channels in nine groups, each moved by at most one pixel each way: x [N, H, W, C] → the same shape.
///
/// y[n, h, w, c] = x[n, h + g/3 − 1, w + g mod 3 − 1, c] with g = 9·c / C, 0 outside of the image. Traps unless x has four axes.
public func shift2d(_ x: Tensor) -> Tensor {
  if x.isPoisoned { return x }
  guard x.rank == 4 else { return shapeFailure("Shift2D", "expects [N, H, W, C], input is \(x.shape)", input: x) }
  let x = x.entering("Shift2D")
  let tape = Tape.recording(x)
  let y = Kernels.shift2d(x.detached())
  tape?.record(y, x.body.node) { Kernels.shift2d($0, isBackward: true) }
  report("Shift2D", y, from: [x], as: .shift, with: .init(fieldIsUnknown: true))
  return y
}

/// The neighborhood of a 3×3 convolution without its weights: between two 1×1 convolutions it takes a 3×3 one's place.
///
/// Wu et al. 2018, "Shift: A zero FLOP, zero parameter alternative to spatial convolutions".
public struct Shift2D: Layer {
  /// No options: the groups follow from the channels.
  public init() {}

  /// [N, H, W, C] → the same shape.
  public func forward(_ x: consuming Tensor) -> Tensor { shift2d(x) }
}
