import ApusSupport

/// The parts of an honest experiment, see `DataSplits`.
package enum DataPart: String, Hashable, Sendable, CaseIterable { case training, validation, test }

/// An image file of a folder: the part that it went into, and what a change of it is found by.
package struct DataFile: Hashable, Sendable {
  /// Where a run uses it.
  package var part: DataPart
  /// An index of the class names.
  package var label: Int
  /// Below the folder, such as `cat/1.jpg` or `train/cat/1.jpg`.
  package var path: String
  /// What was in it when it was read.
  package var content: Content

  package init(part: DataPart, label: Int, path: String, content: Content) {
    self.part = part
    self.label = label
    self.path = path
    self.content = content
  }

  /// The size and a fingerprint of the file's bytes.
  package struct Content: Hashable, Sendable {
    /// The file's size.
    package var byteCount: Int
    /// 64-bit FNV-1a of the file's bytes.
    package var fingerprint: UInt64

    package init(byteCount: Int, fingerprint: UInt64) {
      self.byteCount = byteCount
      self.fingerprint = fingerprint
    }

    init(_ bytes: [UInt8]) {
      var print = Fingerprint()
      print.add(bytes)
      self.init(byteCount: bytes.count, fingerprint: print.value)
    }
  }
}
