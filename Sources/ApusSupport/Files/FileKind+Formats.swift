/// What the formats that are told by more than a few fixed bytes begin with.
extension FileKind {
  /// The pickled magic number, by which PyTorch knows its files: in binary, and as text in protocols 0 and 1.
  private static let legacyPyTorchMagic: [[UInt8]] = [
    [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E],
    Array("L119547037146038801333356L\n.".utf8),
  ]

  /// True if `bytes` begin as the older format of `torch.save` does. Protocol and frame may stand before the number.
  package static func isLegacyPyTorch(_ bytes: [UInt8]) -> Bool {
    let start = bytes.prefix(40)
    return legacyPyTorchMagic.contains { number in
      start.indices.contains { start[$0...].starts(with: number) }
    }
  }

  /// The longest header of a safetensors file.
  package static let safetensorsHeaderLimit = 100_000_000

  /// True if `bytes` begin as a safetensors file does: a length that the format allows, and JSON.
  package static func isSafetensors(_ bytes: some Collection<UInt8>) -> Bool {
    var reader = ByteReader(Array(bytes.prefix(9))[...])
    guard let length = reader.next(UInt64.self), let first = reader.next(UInt8.self) else { return false }
    return length <= safetensorsHeaderLimit && first == UInt8(ascii: "{")
  }
}
