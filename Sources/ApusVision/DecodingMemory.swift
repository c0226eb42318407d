import Apus

/// The memory of all images that are being decoded at once: folders are read on many threads, and a small file can
/// hold a large image.
package enum DecodingMemory {
  /// Bytes that they take together. One that takes more is decoded alone.
  package static let limit = 1 << 30

  private static let taken = Monitor(Share())

  package struct Share: Sendable {
    package private(set) var byteCount = 0

    package init() {}

    /// Whether there is room beside those that are being decoded.
    package func hasRoom(for bytes: Int) -> Bool { byteCount == 0 || byteCount + bytes <= limit }

    package mutating func take(_ bytes: Int) { byteCount += bytes }

    package mutating func giveBack(_ bytes: Int) { byteCount -= bytes }
  }

  /// Runs `body`, which takes that many bytes, as soon as there is room.
  package static func with<Result>(_ bytes: Int, _ body: () throws -> Result) rethrows -> Result {
    taken.locked(when: { $0.hasRoom(for: bytes) }, { $0.take(bytes) })
    defer {
      taken.locked { $0.giveBack(bytes) }
      taken.signal()
    }
    return try body()
  }
}
