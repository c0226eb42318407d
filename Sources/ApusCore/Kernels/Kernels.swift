import ApusSupport
import CApus

/// The one place that calls kernels of the C core: this folder. Every function takes tensors, makes its result, and launches the `Kernel`
/// that computes it: on the fast tiers for float32, on the references for float64. Shapes are checked by the callers; nothing here is
/// recorded on a tape. Where storage is abstract (a plan is being made) no kernel runs.
package enum Kernels {
  static func randomBits(
    _ buffer: UnsafeMutableBufferPointer<UInt32>, seed: UInt64, stream: UInt64, first: UInt64, count: Int
  ) {
    if count > 0 { apus_random_bits(seed, stream, first, Int64(count), buffer.baseAddress) }
  }

  static func randomUniform(_ buffer: UnsafeMutableBufferPointer<Float>, seed: UInt64, stream: UInt64, first: UInt64) {
    if !buffer.isEmpty { apus_random_uniform(seed, stream, first, Int64(buffer.count), buffer.baseAddress) }
  }

  static func randomNormal(_ buffer: UnsafeMutableBufferPointer<Float>, seed: UInt64, stream: UInt64, first: UInt64) {
    if !buffer.isEmpty { apus_random_normal(seed, stream, first, Int64(buffer.count), buffer.baseAddress) }
  }

  /// A failed plan after the Swift layer's own checks: a size overflow, or APUS_FORCE naming what cannot run.
  static func failed(_ operation: String, _ error: apus_error) -> Never {
    var error = error
    let text = withUnsafeBytes(of: &error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    fatalError("\(operation): \(text)")
  }

  /// The number, below `count`, that the C core's `name(of:)` calls so. Traps if there is none.
  static func code(_ name: StaticString, among count: UInt32, name nameOf: (UInt32) -> UnsafePointer<CChar>?) -> UInt32
  {
    let wanted = "\(name)"
    guard let code = (0..<count).first(where: { nameOf($0).map { String(cString: $0) } == wanted }) else {
      fatalError("the C core has nothing called \(wanted)")
    }
    return code
  }

  /// Temporary memory for one kernel call.
  static func withScratch<Result>(_ byteCount: Int, _ body: (UnsafeMutableRawPointer?) -> Result) -> Result {
    if byteCount == 0 { return body(nil) }
    let storage = Storage(byteCount: byteCount)
    return withExtendedLifetime(storage) { body(storage.pointer) }
  }

  /// The values of an operand that is given up, and whether their memory may hold the result: nobody else refers to it.
  static func consume(_ x: inout Tensor) -> (storage: Storage, isReusable: Bool) {
    guard isKnownUniquelyReferenced(&x.body) else { return (x.body.storage, false) }
    var storage = x.body.removeStorage()
    let isReusable = isKnownUniquelyReferenced(&storage)
    return (storage, isReusable)
  }

  static func unsupported(_ operation: String, _ type: ScalarType) -> Never {
    fatalError("\(operation) of a tensor of \(type): cast(to: .float32) it first")
  }
}

extension Tensor {
  /// Runs the kernel that is pending. A kernel does so with its operands before it takes memory of its own: else a chain of pending
  /// operations would hold all its results and scratch at one time, and a plan would not see them at all.
  func settle() { _ = body.storage }
}

extension Tensor {
  /// For kernels' arguments. The tensor must be kept alive across the call: it is, as the caller's argument or local.
  var floats: UnsafeMutablePointer<Float> { body.storage.pointer.assumingMemoryBound(to: Float.self) }
  var doubles: UnsafeMutablePointer<Double> { body.storage.pointer.assumingMemoryBound(to: Double.self) }
  var int32s: UnsafeMutablePointer<Int32> { body.storage.pointer.assumingMemoryBound(to: Int32.self) }
  var bytes: UnsafeMutablePointer<UInt8> { body.storage.pointer.assumingMemoryBound(to: UInt8.self) }
}
