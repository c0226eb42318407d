// The readers of files from outside, for libFuzzer. Compiled with the sources of Apus as one module, so that they are instrumented;
// Tests/fuzz/run builds and runs it. APUS_FUZZ says which reader: idx or safetensors.

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
  default: fatalError("APUS_FUZZ is '\(name)', expected idx or safetensors")
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
