import Apus
import Testing

/// A file of tests by its name in Tests/Fixtures/files.
func fileFixture(_ name: String) -> String { repositoryFile("Tests/Fixtures/files/\(name)") }

/// Reads every beginning of `bytes`: each must be an error that names the file `damaged`.
func expectNoTruncation(
  of bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation, _ read: ([UInt8]) throws -> Void
) {
  for count in 0..<bytes.count {
    expectError("damaged", sourceLocation: sourceLocation) { try read(Array(bytes.prefix(count))) }
  }
}

/// Reads `bytes` with each byte changed in its lowest and in its highest bit; `read` checks what it gets. An error must be a `FileError` of one line that
/// names the file `damaged`.
/// - Returns: how many of them were errors.
@discardableResult
func expectNoCrash(
  flipping bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation, _ read: ([UInt8]) throws -> Void
) -> Int {
  var errors = 0
  var damaged = bytes
  for index in bytes.indices {
    for bits: UInt8 in [0x01, 0x80] {
      damaged[index] ^= bits
      do {
        try read(damaged)
      } catch {
        errors += 1
        let text = "\(error)"
        let isGood = error is FileError && text.hasPrefix("damaged: ") && !text.contains("\n")
        if !isGood { Issue.record("byte \(index) ^ \(bits): \(text)", sourceLocation: sourceLocation) }
      }
      damaged[index] = bytes[index]
    }
  }
  return errors
}

/// The same tensors under the same names in the same order.
func areSame(_ a: [(name: String, value: Tensor)], _ b: [(name: String, value: Tensor)]) -> Bool {
  a.count == b.count
    && zip(a, b).allSatisfy { one, other in
      one.name == other.name && one.value.shape == other.value.shape
        && one.value.scalarType == other.value.scalarType
        && one.value.withUnsafeBytes { left in other.value.withUnsafeBytes { left.elementsEqual($0) } }
    }
}

/// A ZIP file with these entries, stored.
func zip(_ entries: [(name: String, content: [UInt8])], wideFrom: Int = Int(UInt32.max)) throws -> [UInt8] {
  var bytes: [UInt8] = []
  var writer = ZipWriter(wideFrom: wideFrom) { bytes.append(contentsOf: $0) }
  for (name, content) in entries { try content.withUnsafeBytes { try writer.append(name, [$0]) } }
  try writer.finish()
  return bytes
}
