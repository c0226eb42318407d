/// 64-bit FNV-1a (Fowler, Noll & Vo); detects accidental changes only.
package struct Fingerprint {
  package init() {}

  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  /// From other modules this is called as it is, not specialized: bytes that lie in memory are taken from there.
  package mutating func add(_ bytes: some Sequence<UInt8>) {
    let before = hash
    if let after = bytes.withContiguousStorageIfAvailable({ Fingerprint.hash(of: $0, from: before) }) {
      hash = after
    } else {
      hash = Array(bytes).withUnsafeBufferPointer { Fingerprint.hash(of: $0, from: before) }
    }
  }

  private static func hash(of bytes: UnsafeBufferPointer<UInt8>, from start: UInt64) -> UInt64 {
    var hash = start
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }

  /// With an end that no other text can move.
  package mutating func add(_ text: String) {
    add(text.utf8)
    add(CollectionOfOne(0))
  }

  package var value: UInt64 { hash }

  /// 16 hexadecimal digits.
  package var text: String { Fingerprint.text(of: hash) }

  package static func text(of value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  package static func text(of bytes: some Sequence<UInt8>) -> String {
    var fingerprint = Fingerprint()
    fingerprint.add(bytes)
    return fingerprint.text
  }
}
