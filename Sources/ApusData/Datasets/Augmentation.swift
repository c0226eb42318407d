import ApusCore
import ApusSupport

/// Random changes to training images that leave their class as it is, a pure function of (seed, epoch, index of the sample): they
/// do not depend on the size of batches, on threads, or on the samples before.
public struct Augmentation: Hashable, Sendable, Codable {
  /// Images move by a whole number of pixels in −maximumShift ... maximumShift, uniformly, along each axis; black moves in. The same
  /// as a random crop of the image with so much padding around it.
  package var maximumShift: Int
  /// Whether an image is mirrored left to right with probability ½: two images of each, as the lectures count.
  package var flipsHorizontally: Bool
  /// Random brightness, contrast and saturation; `nil` leaves colors as they are.
  package var colorJitter: ColorJitter?
  /// Side of a square that is set to the mean color, its center anywhere in the image; 0 for none. DeVries & Taylor 2017, "Improved
  /// regularization of convolutional neural networks with cutout".
  package var cutout: Int

  /// Factors around 1 for brightness, contrast and saturation, each uniform in 1 − x ... 1 + x, applied in this order; 0 leaves
  /// one alone. Values stay within 0 ... 255. Luma is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).
  public struct ColorJitter: Hashable, Sendable, Codable {
    /// x of the factor on all values.
    package var brightness: Double
    /// x of the factor on distances from the image's mean luma.
    package var contrast: Double
    /// x of the factor on distances from each pixel's own luma; without effect on gray images.
    package var saturation: Double

    /// Traps if a number is not in 0...1.
    public init(brightness: Double = 0, contrast: Double = 0, saturation: Double = 0) {
      for (name, value) in [("brightness", brightness), ("contrast", contrast), ("saturation", saturation)]
      where !(0...1).contains(value) {
        fatalError("ColorJitter: \(name) \(value) is not in 0...1")
      }
      self.brightness = brightness
      self.contrast = contrast
      self.saturation = saturation
    }
  }

  /// Without arguments nothing is changed. Traps if `maximumShift` or `cutout` is negative.
  public init(
    maximumShift: Int = 0, flipsHorizontally: Bool = false, colorJitter: ColorJitter? = nil, cutout: Int = 0
  ) {
    if maximumShift < 0 { fatalError("a maximum shift of \(maximumShift) pixels") }
    if cutout < 0 { fatalError("a cutout of \(cutout) pixels") }
    self.maximumShift = maximumShift
    self.flipsHorizontally = flipsHorizontally
    self.colorJitter = colorJitter
    self.cutout = cutout
  }

  /// What happens to one sample.
  package struct Choice: Hashable, Sendable {
    /// Pixels by which the sample moves.
    package var down = 0
    package var right = 0
    package var isFlipped = false
    package var brightness: Float = 1
    package var contrast: Float = 1
    package var saturation: Float = 1
    /// The part of the image's height and width at which the cut-out square has its center.
    package var center: (y: Float, x: Float)?

    var changesColors: Bool { brightness != 1 || contrast != 1 || saturation != 1 }

    package static func == (a: Choice, b: Choice) -> Bool {
      a.down == b.down && a.right == b.right && a.isFlipped == b.isFlipped && a.brightness == b.brightness
        && a.contrast == b.contrast && a.saturation == b.saturation && a.center?.y == b.center?.y
        && a.center?.x == b.center?.x
    }

    package func hash(into hasher: inout Hasher) {
      hasher.combine(down)
      hasher.combine(right)
    }
  }

  package func choice(sample: Int, seed: UInt64, epoch: Int) -> Choice {
    var choice = Choice()
    (choice.down, choice.right) = shift(sample: sample, seed: seed, epoch: epoch)
    if !flipsHorizontally && colorJitter == nil && cutout == 0 { return choice }
    let words = Random.bits(
      seed: seed, stream: RandomDomain.appearance | UInt64(epoch), first: UInt64(sample) * 8, count: 8)
    choice.isFlipped = flipsHorizontally && words[0] & 1 == 1
    /// In 0 ..< 1, of 24 bits.
    func uniform(_ index: Int) -> Double { Double(words[index] >> 8) / 16_777_216 }
    if let colorJitter {
      func factor(_ index: Int, _ reach: Double) -> Float { Float(1 - reach + 2 * reach * uniform(index)) }
      choice.brightness = factor(1, colorJitter.brightness)
      choice.contrast = factor(2, colorJitter.contrast)
      choice.saturation = factor(3, colorJitter.saturation)
    }
    if cutout > 0 { choice.center = (Float(uniform(4)), Float(uniform(5))) }
    return choice
  }

  /// Pixels by which the sample moves down and to the right.
  package func shift(sample: Int, seed: UInt64, epoch: Int) -> (down: Int, right: Int) {
    if maximumShift == 0 { return (0, 0) }
    let words = Random.bits(
      seed: seed, stream: RandomDomain.augmentation | UInt64(epoch), first: UInt64(sample) * 2, count: 2)
    let choices = UInt64(2 * maximumShift + 1)
    return (
      Int((UInt64(words[0]) * choices) >> 32) - maximumShift, Int((UInt64(words[1]) * choices) >> 32) - maximumShift
    )
  }
}
