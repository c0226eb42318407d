import ApusSupport

/// The formats that weights are read from, told apart by their content: a name can say anything.
package enum WeightsFormat {
  case safetensors
  case npz
  case pytorch

  /// What is to be there where it is none of them.
  static let expected = "weights: a safetensors file, numpy's npz, or what torch.save writes"

  package init(_ bytes: [UInt8], file: String) throws(FileError) {
    if FileKind.isSafetensors(bytes) {
      self = .safetensors
    } else if FileKind.isLegacyPyTorch(bytes) {
      self = .pytorch
    } else if bytes.starts(with: Array("PK".utf8)) {
      let archive = try ZipArchive(bytes, file: file)
      if PyTorchFile.holds(archive) {
        self = .pytorch
      } else if archive.entries.allSatisfy({ $0.name.hasSuffix(Npz.ending) }) {
        self = .npz
      } else {
        let names = archive.entries.prefix(3).map { JSONScanner.shown($0.name) }.joined(separator: ", ")
        throw FileError(
          file, found: "a ZIP file with other entries (\(names)\(archive.entries.count > 3 ? ", …" : ""))",
          expected: Self.expected)
      }
    } else {
      throw FileKind.refusal(bytes, file: file, expected: Self.expected)
    }
  }
}
