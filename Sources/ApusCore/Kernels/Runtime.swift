import CApus

/// The C core's run-time facts and settings.
public enum Runtime {
  /// The most threads that kernels can use.
  package static var maximumThreadCount: Int { Int(APUS_MAX_THREADS) }

  /// Threads that kernels use; 0 restores the default (OMP_NUM_THREADS, else the CPUs and the quota of this process).
  /// No result depends on it.
  public static var threadCount: Int {
    get { Int(apus_thread_count()) }
    set { apus_thread_count_set(Int32(clamping: newValue)) }
  }

  /// The instruction-set tier in use: `avx512`, `avx2`, `neon`, `generic` or `reference` (environment: `APUS_ISA`).
  public static var instructionSet: String { String(cString: apus_isa_name(apus_isa_current())) }

  /// The version of the C core that the program runs with: `0.1.0`.
  public static var version: String { String(cString: apus_version()) }

  /// Version, compiler and OpenMP of this build, for records of runs.
  public static var buildDescription: String { String(cString: apus_build_description()) }

  /// Calls `body` with ranges of at least `grain` items that together are 0..<count, on the kernels' threads. What a range is may depend
  /// on their number; results must not.
  package static func parallel(_ count: Int, grain: Int, _ body: @Sendable (Range<Int>) -> Void) {
    withoutActuallyEscaping(body) { body in
      var body = body
      withUnsafeMutablePointer(to: &body) { place in
        apus_parallel_for(
          Int64(count), Int64(grain),
          { context, begin, end, _ in
            context!.assumingMemoryBound(to: (@Sendable (Range<Int>) -> Void).self).pointee(Int(begin)..<Int(end))
          }, place)
      }
    }
  }
}
