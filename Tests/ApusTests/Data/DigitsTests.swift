import Apus
import Foundation
import Testing

@Suite struct DigitsTests {
  static let digits = Digits.load()

  @Test func areTheOnesOfScikitLearn() throws {
    let (images, labels) = try Digits.original()
    #expect(images.shape == [1797, 8, 8] && labels.count == 1797)
    // load_digits().images[0] and target[:12]
    #expect(
      images.array(of: UInt8.self).prefix(64) == [
        0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0, 0, 3, 15, 2, 0, 11, 8, 0, 0, 4, 12, 0, 0, 8, 8, 0, 0, 5, 8,
        0, 0,
        9, 8, 0, 0, 4, 11, 0, 1, 12, 7, 0, 0, 2, 14, 5, 10, 12, 0, 0, 0, 0, 6, 13, 10, 0, 0, 0,
      ])
    #expect(labels.prefix(12) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    // load_digits().images.sum()
    #expect(images.array(of: UInt8.self).reduce(0) { $0 + Int($1) } == 561_718)
  }

  @Test func areEnlargedByBilinearInterpolation() throws {
    let small = try Digits.original().images.array(of: UInt8.self).map { Double($0) }
    let large = Digits.dataset().images.array(of: UInt8.self)
    for image in [0, 7, 1796] {
      for y in 0..<32 {
        for x in 0..<32 {
          func source(_ y: Int, _ x: Int) -> Double { small[image * 64 + min(max(y, 0), 7) * 8 + min(max(x, 0), 7)] }
          let (v, u) = ((Double(y) + 0.5) / 4 - 0.5, (Double(x) + 0.5) / 4 - 0.5)
          let (v0, u0) = (v.rounded(.down), u.rounded(.down))
          let (fv, fu) = (v - v0, u - u0)
          let (j, i) = (Int(v0), Int(u0))
          let value =
            (1 - fv) * ((1 - fu) * source(j, i) + fu * source(j, i + 1))
            + fv * ((1 - fu) * source(j + 1, i) + fu * source(j + 1, i + 1))
          let found = Double(large[(image * 32 + y) * 32 + x])
          #expect(abs(found - value * 255 / 16) <= 0.5)
        }
      }
    }
  }

  @Test func splitsAreDisjointCompleteAndStratified() {
    let digits = DigitsTests.digits
    #expect(digits.test.count == 360 && digits.validation.count == 144 && digits.train.count == 1293)
    let all = digits.train.indices + digits.validation.indices + digits.test.indices
    #expect(all.sorted() == Array(0..<1797))
    let labels = digits.train.dataset.labels
    for split in [digits.train, digits.validation, digits.test] {
      for digit in 0..<10 as Range<Int32> {
        let share = Double(labels.count { $0 == digit }) / 1797 * Double(split.count)
        let found = split.labels.count { $0 == digit }
        #expect(abs(Double(found) - share) <= 1.5, "\(found) of digit \(digit), expected about \(share)")
      }
    }
  }

  /// The figures of every release are measured on the same images.
  @Test func theSplitIsFixed() {
    #expect(DigitsTests.digits.test.indices.prefix(8) == [14, 23, 24, 27, 28, 30, 44, 51])
    #expect(DigitsTests.digits.validation.indices.prefix(8) == [1, 4, 25, 37, 57, 71, 82, 83])
  }

  @Test func areNormalizedByTheTrainingSplit() throws {
    let digits = DigitsTests.digits
    var sum = 0.0
    var squares = 0.0
    for batch in digits.train.batches(of: 100) {
      for value in batch.images.array(of: Float.self) {
        sum += Double(value)
        squares += Double(value) * Double(value)
      }
    }
    let count = Double(digits.train.count * 1024)
    #expect(abs(sum / count) < 1e-5 && abs(squares / count - 1) < 1e-5)
    #expect(digits.test.normalization == digits.train.normalization)
  }
}
