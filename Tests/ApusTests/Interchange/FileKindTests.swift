import Apus
import Testing

/// Weights are known by their content; anything else says what it is.
@Suite struct FileKindTests {
  /// Each under a name that says something else.
  @Test(arguments: ["ckpt", "bin", "pt", "pth.tar", "PTH", "npz", "safetensors", "", "jpg"])
  func namesDoNotMatter(ending: String) throws {
    let folder = try TemporaryFolder()
    for fixture in ["interchange.pth", "interchange-legacy.pth", "interchange.npz", "interchange.safetensors"] {
      let bytes = try File.contents(of: repositoryFile("Tests/Fixtures/\(fixture)"))
      let path = try folder.file(ending.isEmpty ? "weights" : "weights.\(ending)", bytes)
      #expect(try WeightsFile.read(path).tensors.count == 24, "\(fixture)")
    }
  }

  private static let text = "404: Not Found"
  private static let onnx: [UInt8] = [8, 8, 0x12, 7] + Array("pytorch".utf8) + [0x1A, 3] + Array("2.1".utf8) + [0x3A]
  private static let others: KeyValuePairs<String, [UInt8]> = [
    "an empty file": [],
    "begins with nothing but zero bytes": [UInt8](repeating: 0, count: 200),
    "an HTML page (did the download fail?)": Array("<!DOCTYPE html><html><body>404</body></html>".utf8),
    "an HTML page ": Array("\u{FEFF}\n  <HTML>é".utf8),
    "an XML document": Array("<?xml version=\"1.0\"?><Error>".utf8),
    "a Git LFS pointer (git lfs pull": Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\n".utf8),
    "JSON text": Array("{\"message\": \"Not Found\"}".utf8),
    "the index of weights in several files": Array("{\"metadata\": {}, \"weight_map\": {}}".utf8),
    "a text that begins with \"404: Not Found\"": Array(text.utf8),
    "a text that begins with \"é": Array(String(repeating: "é", count: 1000).utf8),
    "an ONNX model": onnx,
    "a JPEG image": [0xFF, 0xD8, 0xFF, 0xE0],
    "a PNG image": [0x89] + Array("PNG\r\n".utf8),
    "a WebP image": Array("RIFF    WEBP".utf8),
    "a numpy array": [0x93] + Array("NUMPY".utf8) + [1, 0],
    "gzip data (gunzip unpacks it)": [0x1F, 0x8B, 8],
    "a tar archive": [UInt8](repeating: 0x20, count: 257) + Array("ustar\0".utf8),
    "an HDF5 file": [0x89] + Array("HDF\r\n".utf8),
    "a Python pickle that torch.save did not write": [0x80, 3] + Array("}.".utf8),
    "IDX data": [0, 0, 8, 3, 0],
    "5 bytes of unknown kind (the first are 01 02 03 04 05)": [1, 2, 3, 4, 5],
  ]

  @Test func whatIsNoWeightsSaysWhatItIs() throws {
    for (words, bytes) in Self.others {
      expectError("w.pth: ", words, "expected weights: a safetensors file, numpy's npz, or what torch.save writes") {
        _ = try WeightsFile.decode(bytes, file: "w.pth")
      }
    }
    expectError("a ZIP file with other entries (\"photo.jpg\")") {
      _ = try WeightsFile.decode(zip([("photo.jpg", [1])]), file: "w")
    }
  }

  /// Readers of one format alone say it too.
  @Test func readersOfOneFormatSayIt() {
    let page = Array("<!doctype html>".utf8)
    expectError("an HTML page") { _ = try Safetensors.decode(page, file: "x") }
    expectError("an HTML page") { _ = try Npy.decode(page, file: "x") }
    expectError("an HTML page") { _ = try Npz.decode(page, file: "x") }
    expectError("an HTML page") { _ = try PyTorchFile.decode(page, file: "x") }
    expectError("an HTML page", "magic number 0x3c21646f") { _ = try IDX.decode(page, axes: 3, file: "x") }
    expectError("an empty file") { _ = try Safetensors.decode([], file: "x") }
    expectError("an empty file") { _ = try Npz.decode([], file: "x") }
  }

  @Test func whatIsCutOffSaysSo() throws {
    for name in ["interchange.pth", "interchange-legacy.pth", "interchange.npz", "interchange.safetensors"] {
      let bytes = try File.contents(of: repositoryFile("Tests/Fixtures/\(name)"))
      for count in [50, bytes.count / 2, bytes.count - 1] {
        expectError("w: ", "truncated") { _ = try WeightsFile.decode(Array(bytes.prefix(count)), file: "w") }
      }
    }
    let array = try File.contents(of: fileFixture("matrix.npy"))
    expectError("w: ", "truncated") { _ = try Npy.decode(array.dropLast(), file: "w") }
    // Not cut off, on the contrary.
    expectError("one 23 bytes before the file's end") {
      _ = try WeightsFile.decode(zip([("a/data.pkl", Array("}.".utf8))]) + [0], file: "w")
    }
  }

  /// Arrays and tensors of types that are not read stay out of the weights, and are listed.
  @Test func whatCannotBeReadIsSkipped() throws {
    let arrays = try ["w": "matrix.npy", "o": "objects.npy", "s": "structured.npy"].sorted { $0.key > $1.key }.map {
      (name: $0.key + ".npy", content: try File.contents(of: fileFixture($0.value)))
    }
    let npz = try WeightsFile.decode(zip(arrays), file: "w.npz")
    #expect(npz.tensors.map(\.name) == ["w"] && npz.skipped == ["s (several fields)", "o (|O)"])
    let header =
      #"{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let bytes = length + Array(header.utf8) + [1, 2, 3]
    let file = try WeightsFile.decode(bytes, file: "w.safetensors")
    #expect(file.tensors.map(\.name) == ["b"] && file.tensors[0].value.array(of: UInt8.self) == [3])
    #expect(file.skipped == ["a (F8_E4M3)"])
    // A reader that is asked for all of it refuses, and holes stay holes.
    expectError("tensor \"a\": dtype \"F8_E4M3\"") { _ = try Safetensors.decode(bytes, file: "w") }
    let moved = length + Array(header.replacing("[0,2]", with: "[0,1]").utf8) + [1, 2, 3]
    expectError("tensor \"b\": data that begin at byte 2, after a hole") {
      _ = try WeightsFile.decode(moved, file: "w")
    }
  }

  /// A run is meant by its model; its checkpoint is not weights.
  @Test func foldersOfRuns() throws {
    let folder = try TemporaryFolder()
    try Random.withSeed(1) { LeNet5(classes: 3) }.save(weights: folder.path + "/model.safetensors", layout: .apus)
    #expect(try WeightsFile.read(folder.path).source == folder.path + "/model.safetensors")
    let state = folder.path + "/last.safetensors"
    try Safetensors.write([("model.w", .ones([1]))], metadata: ["apus.training": "{}"], to: state)
    expectError("the state of a training run", "model.safetensors") { _ = try WeightsFile.read(state) }
  }

  /// PyTorch's users would take it for theirs.
  @Test(arguments: ["m.pth", "m.PT", "m.ckpt", "m.bin", "m.pth.tar"]) func namesOfPyTorchsAreNotWritten(name: String)
    throws
  {
    let folder = try TemporaryFolder()
    expectError("read here but not written", ".safetensors or .npz") {
      try Linear(2, 2).save(weights: folder.path + "/" + name, layout: .apus)
    }
    #expect(try folder.names() == [])
  }
}
