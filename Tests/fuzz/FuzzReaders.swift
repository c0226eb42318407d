// The readers of files from outside, for libFuzzer; Tests/fuzz/run compiles the modules that read files so that they are instrumented, builds
// and runs it. APUS_FUZZ says which reader: idx, safetensors, npy, npz, pth, legacy, weights, onnx or
// a format of images.

import ApusCore
import ApusLayers
import ApusSupport

@testable import ApusData
@testable import ApusInterchange
@testable import ApusONNX
@testable import ApusVision

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

private let reader: @Sendable (_ bytes: [UInt8]) -> Void = {
  let name = getenv("APUS_FUZZ").map { String(cString: $0) } ?? ""
  switch name {
  case "idx": return fuzzIDX
  case "safetensors": return fuzzSafetensors
  case "npy": return fuzzNpy
  case "npz": return fuzzNpz
  case "pth": return fuzzPyTorchFile
  case "legacy": return fuzzLegacyPyTorchFile
  case "weights": return fuzzWeightsFile
  case "onnx": return fuzzONNXModel
  default:
    guard let codec = ImageCodec.allCases.first(where: { "\($0)" == name }) else {
      fatalError(
        "APUS_FUZZ is '\(name)', expected idx, safetensors, npy, npz, pth, legacy, weights, onnx, \(ImageCodec.allCases)"
      )
    }
    return { bytes in fuzzImage(bytes, codec) }
  }
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzReader(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  reader(Array(UnsafeBufferPointer(start: data, count: count)))
  return 0
}

@Sendable private func fuzzIDX(_ bytes: [UInt8]) {
  for axes in [1, 3] {
    checked {
      let tensor = try IDX.decode(bytes, axes: axes, file: "fuzz")
      if tensor.rank != axes { fatalError("\(tensor.rank) axes, expected \(axes)") }
      touch(tensor)
    }
  }
}

@Sendable private func fuzzSafetensors(_ bytes: [UInt8]) {
  readSafetensors(bytes)
  // The same bytes as a header of the right length before sixteen bytes of data, which mutation alone rarely gets right.
  let length = withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) }
  readSafetensors(length + bytes + [UInt8](repeating: 0x41, count: 16))
}

private func readSafetensors(_ bytes: [UInt8]) {
  checked {
    let file = try Safetensors.decode(bytes, file: "fuzz")
    if file.order.count != file.tensors.count { fatalError("\(file.order.count) names, \(file.tensors.count) tensors") }
    for name in file.order {
      guard let tensor = file.tensors[name] else { fatalError("no tensor of the name \(name)") }
      touch(tensor)
    }
  }
}

@Sendable private func fuzzNpy(_ bytes: [UInt8]) {
  checked { touch(try Npy.decode(bytes, file: "fuzz")) }
  // The same bytes as a header of the right length before sixteen bytes of data.
  let magic: [UInt8] = [0x93] + Array("NUMPY".utf8) + [2, 0]
  let length = withUnsafeBytes(of: UInt32(bytes.count + 1).littleEndian) { Array($0) }
  let file = magic + length + bytes + [0x0A] + [UInt8](repeating: 0x41, count: 16)
  checked { touch(try Npy.decode(file, file: "fuzz")) }
}

@Sendable private func fuzzNpz(_ bytes: [UInt8]) {
  checked { for (_, tensor) in try Npz.decode(bytes, limit: 1 << 20, file: "fuzz") { touch(tensor) } }
  // Checksums stop most changes of entries from being decoded.
  let (decoded, problem) = Deflate.decode(bytes[...], size: 100)
  if decoded.count != 100 && problem == nil { fatalError("\(decoded.count) decoded bytes, expected 100") }
}

@Sendable private func fuzzPyTorchFile(_ bytes: [UInt8]) {
  checked { for (_, tensor) in try PyTorchFile.decode(bytes, file: "fuzz").tensors { touch(tensor) } }
  // The same bytes as the pickle of a file with two storages, which no checksum stops.
  let storages = ["0": [UInt8](repeating: 0x41, count: 32), "1": [UInt8](repeating: 0x42, count: 8)]
  checked {
    let content = try PyTorchFile.tensors(bytes[...], file: "fuzz", part: "pickle", limit: bytes.count) { key in
      storages[key]?[...]
    }
    for (_, tensor) in content.tensors { touch(tensor) }
  }
}

/// As Image.decode reads it, in both editions, but of small images alone: memory is the library's matter, and clearing it would be all that
/// is done.
private func fuzzImage(_ bytes: [UInt8], _ codec: ImageCodec) {
  for reading in [ImageReading(alpha: .white), .before] where codec == .png || !reading.isFirstEdition {
    checked {
      let header = try codec.header(bytes, reading, file: "fuzz")
      if header.height * header.width > 1 << 16 { return }
      let image = try Image.decode(bytes, codec, header, reading, "fuzz")
      if (image.height, image.width) != (header.uprightHeight, header.uprightWidth) {
        fatalError("\(image.height)×\(image.width) pixels, expected \(header)")
      }
      if image.pixels.reduce(0, { $0 &+ Int($1) }) < 0 { fatalError("a sum of bytes is negative") }
    }
  }
  checked { _ = try ImageCodec(of: bytes, file: "fuzz") }
}

/// The format before PyTorch 1.6, which no checksum protects: the bytes as a file, and as the pickle of a value in one.
@Sendable private func fuzzLegacyPyTorchFile(_ bytes: [UInt8]) {
  checked { for (_, tensor) in try PyTorchFile.decode(bytes, file: "fuzz").tensors { touch(tensor) } }
  for (keys, storages) in legacyEndings {
    checked {
      for (_, tensor) in try LegacyPyTorchFile.decode(legacyStart + bytes + keys + storages, file: "fuzz").tensors {
        touch(tensor)
      }
    }
  }
}

/// Magic number, version and byte order.
private let legacyStart: [UInt8] =
  [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E, 0x80, 2]
  + Array("M".utf8) + [0xE9, 3] + Array(".}U\u{D}little_endian".utf8) + [0x88] + Array("s.".utf8)

/// Keys of none and of one storage, of two, four and eight elements of one to eight bytes.
private let legacyEndings: [(keys: [UInt8], storages: [UInt8])] =
  [(Array("].".utf8), [])]
  + [(2, 8), (4, 16), (2, 16), (4, 4), (8, 8)].map { count, size in
    let storage = withUnsafeBytes(of: Int64(count).littleEndian) { Array($0) } + [UInt8](repeating: 0x41, count: size)
    return (Array("]U\u{1}0a.".utf8), storage)
  }

/// Whatever the bytes are, and a model that looks for its names in them.
@Sendable private func fuzzWeightsFile(_ bytes: [UInt8]) {
  do {
    let file = try WeightsFile.decode(bytes, file: "fuzz")
    for (_, tensor) in file.tensors { touch(tensor) }
    let receipt = try Linear(2, 1).load(file, strict: false)
    if "\(receipt)".isEmpty { fatalError("a receipt without text") }
  } catch {
    if !(error is FileError || error is WeightsError) { fatalError("neither a FileError nor a WeightsError: \(error)") }
    if "\(error)".utf8.contains(UInt8(ascii: "\n")) { fatalError("more than one line: \(error)") }
  }
}

/// Whatever the bytes are: a model is planned as it is read, so that its operators see the shapes that the file claims.
@Sendable private func fuzzONNXModel(_ bytes: [UInt8]) {
  checked { if try ONNXNetwork(bytes, file: "fuzz").contents.outputs.isEmpty { fatalError("a model without outputs") } }
  // The same bytes as the graph of a model.
  var length: [UInt8] = []
  var rest = bytes.count
  repeat {
    length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
    rest >>= 7
  } while rest > 0
  let start: [UInt8] = [0x08, 8, 0x42, 2, 0x10, 17, 0x3A]
  checked { _ = try ONNXNetwork(start + length + bytes, file: "fuzz") }
}

/// An error of a reader is one line that names the file; anything else is a finding.
private func checked(_ read: () throws -> Void) {
  do {
    try read()
  } catch {
    guard let error = error as? FileError else { fatalError("not a FileError: \(error)") }
    let text = error.description
    if !text.hasPrefix("fuzz: ") || text.utf8.contains(UInt8(ascii: "\n")) {
      fatalError("not one line with the file: \(text)")
    }
  }
}

/// Reads every byte, for the address sanitizer to see.
private func touch(_ tensor: Tensor) {
  let sum = tensor.withUnsafeBytes { bytes in bytes.reduce(0) { $0 &+ Int($1) } }
  if sum < 0 { fatalError("a sum of bytes is \(sum)") }
}
