import CApus

/// What surrounds the work of a thread, as far as memory must know it; every one is a `Scope`.
///
/// Reached through one thread-local pointer; closures that open contexts are synchronous, so nothing can move them to another thread.
/// The pointer is unretained (`Unmanaged`): `run` keeps the context alive for as long as the pointer is set, and sets the former one
/// when it returns or throws.
package class ThreadContext {
  /// Where memory is booked while a model is planned; `nil` where tensors have values.
  package let plannedMemory: PlannedMemory?

  /// `plannedMemory`: unless given that of the context around this one, as a whole training step can be planned.
  init(plannedMemory: PlannedMemory?) {
    self.plannedMemory = plannedMemory ?? ThreadContext.ofThread?.plannedMemory
  }

  static var ofThread: ThreadContext? {
    guard let pointer = apus_thread_slot_get() else { return nil }
    return Unmanaged<ThreadContext>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Runs `body` with this context as the thread's current one, and the former one again afterwards.
  package final func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    let outer = apus_thread_slot_get()
    apus_thread_slot_set(Unmanaged.passUnretained(self).toOpaque())
    defer { apus_thread_slot_set(outer) }
    return try withExtendedLifetime(self) { try body() }
  }
}
