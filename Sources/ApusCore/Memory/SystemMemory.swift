import CApus

/// Memory of the system, by way of the C core: aligned as kernels want it, in large pages where that pays.
enum SystemMemory {
  static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? { apus_alloc(byteCount) }

  static func free(_ pointer: UnsafeMutableRawPointer) { apus_free(pointer) }

  /// Gives the system the memory of whole large pages back; the addresses stay valid, the contents are lost.
  static func discard(_ pointer: UnsafeMutableRawPointer, _ byteCount: Int) { apus_discard(pointer, byteCount) }
}
