import ApusSupport

/// Which inputs each ReLU and each max pooling of a pass lets through, in their order: kept by one pass, and followed by another.
///
/// float32 and float64 decide a few of a network's millions of such places differently, where a ReLU's input is almost 0 or two pixels
/// almost equal. Each moves a gradient by a jump that has nothing to do with how exactly anything was computed. A pass in float64 that
/// follows the decisions of one in float32 has the right gradients for them.
package final class Decisions {
  private var kept: [Tensor] = []
  private var next: Int?
  /// Places decided by the pass that follows, and those of them that it would have decided otherwise.
  private(set) var (count, differing) = (0, 0)

  /// From now on the decisions kept so far are followed.
  func follow() { (next, count, differing) = (0, 0, 0) }

  /// The decisions that count, where `own` (uint8) are those of this pass.
  package func settled(_ own: Tensor) -> Tensor {
    guard let place = next else {
      kept.append(own)
      return own
    }
    guard place < kept.count, kept[place].shape == own.shape else {
      fatalError("decision \(place) of shape \(own.shape) follows a pass that made others")
    }
    next = place + 1
    count += own.elementCount
    differing += own.withUnsafeScalars(of: UInt8.self) { own in
      kept[place].withUnsafeScalars(of: UInt8.self) { zip(own, $0).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) } }
    }
    return kept[place]
  }

  /// max(x, 0) where the decisions say so, which is x or 0 for each element.
  package func relu(_ x: Tensor) -> Tensor {
    let x = x.entering("ReLU")
    let tape = Tape.recording(x)
    let input = x.detached()
    let passes = settled(input .> .zeros([], x.scalarType)).cast(to: x.scalarType)
    let y = Kernels.activationBackward(.relu, saved: passes, gradient: input)
    if let tape { tape.record(y, x.body.node) { Kernels.activationBackward(.relu, saved: passes, gradient: $0) } }
    report("ReLU", y, from: [x], as: .activation(.relu))
    return y
  }
}
