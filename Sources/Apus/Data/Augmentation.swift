/// Random changes to training images that leave their class as it is, a pure function of (seed, epoch, index of the sample).
public struct Augmentation: Hashable, Sendable {
  /// Images move by a whole number of pixels in −maximumShift ... maximumShift, uniformly, along each axis; black moves in.
  public var maximumShift: Int

  public init(maximumShift: Int) {
    if maximumShift < 0 { fatalError("a maximum shift of \(maximumShift) pixels") }
    self.maximumShift = maximumShift
  }

  /// Pixels by which the sample moves down and to the right.
  package func shift(sample: Int, seed: UInt64, epoch: Int) -> (down: Int, right: Int) {
    let words = Random.bits(
      seed: seed, stream: RandomDomain.augmentation | UInt64(epoch), first: UInt64(sample) * 2, count: 2)
    let choices = UInt64(2 * maximumShift + 1)
    return (
      Int((UInt64(words[0]) * choices) >> 32) - maximumShift, Int((UInt64(words[1]) * choices) >> 32) - maximumShift
    )
  }
}
