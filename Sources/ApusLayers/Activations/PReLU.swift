import ApusCore
import ApusSupport

/// x where x > 0, else slope · x with slopes that learn: one, or one per channel (last axis). Gradients of both flow.
public func prelu(_ x: consuming Tensor, slope: Tensor) -> Tensor {
  if x.isPoisoned { return x }
  var slope = slope
  Tensor.enter(&x, "PReLU")
  Tensor.matchTypes(&x, &slope, "PReLU")
  guard slope.elementCount == 1 || (slope.rank == 1 && x.rank >= 1 && x.shape[x.rank - 1] == slope.shape[0]) else {
    return shapeFailure(
      "PReLU", "expects one slope or one per channel, input is \(x.shape), slopes are \(slope.shape)", input: x)
  }
  let tape = Tape.recording(x, slope)
  let nodes = (x.body.node, slope.body.node)
  let input = isListening ? x : nil
  let saved = tape != nil ? x.detached() : nil
  let constant = slope.detached()
  let y = Kernels.prelu(x, slope: constant)
  if let tape, let saved {
    tape.record(y, nodes.0, nodes.1) { gradient, needs in
      let (dx, dSlope) = Kernels.preluBackward(x: saved, slope: constant, gradient: gradient, wantsData: needs[0])
      return (dx, needs[1] ? dSlope : nil)
    }
  }
  if let input { report("PReLU", y, from: [input, slope], as: .prelu) }
  return y
}

/// The parametric rectifier: y = x where x > 0, else weight · x, with a learned slope, one for all or one per channel (last axis).
///
/// The slope's gradient is Σ x · dy over the elements with x <= 0. Initially 0.25. Weight decay would pull it to 0, a ReLU, so the
/// paper uses none. He et al. 2015, "Delving deep into rectifiers".
public struct PReLU: Layer {
  /// [1] or [C]
  public let weight: Parameter

  /// `channels`: how many slopes; 1 is one for all. Traps if it is below 1 or the slope is not finite.
  public init(_ channels: Int = 1, slope: Double = 0.25) {
    if channels < 1 { fatalError("PReLU(\(channels)): at least one slope") }
    if !slope.isFinite { fatalError("PReLU: slope \(slope) is not a finite number") }
    weight = Parameter(.full([channels], slope))
  }

  /// x of any shape, its last axis C if there is a slope per channel → the same shape.
  public func forward(_ x: consuming Tensor) -> Tensor { prelu(x, slope: weight.value) }
}
