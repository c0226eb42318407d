import ApusCore

/// Random orders, each a pure function of (seed, stream).
package enum Shuffle {
  /// A uniformly random permutation of 0 ..< count by Fisher and Yates' method.
  package static func permutation(_ count: Int, seed: UInt64, stream: UInt64) -> [Int32] {
    var order = (0..<Int32(count)).map { $0 }
    shuffle(&order, seed: seed, stream: stream)
    return order
  }

  /// Puts `items` into a random order. Step i takes the words (2i, 2i + 1) of the stream as one 64-bit fraction of the items
  /// left; the bias of at most count · 2⁻⁶⁴ is far below what could be seen.
  static func shuffle(_ items: inout [Int32], seed: UInt64, stream: UInt64) {
    if items.count < 2 { return }
    let words = Random.bits(seed: seed, stream: stream, count: 2 * items.count)
    for last in stride(from: items.count - 1, through: 1, by: -1) {
      let fraction = UInt64(words[2 * last]) << 32 | UInt64(words[2 * last + 1])
      items.swapAt(last, Int(fraction.multipliedFullWidth(by: UInt64(last + 1)).high))
    }
  }
}
