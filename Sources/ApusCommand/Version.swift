import Apus

enum Version {
  /// `apus 0.1.0 (avx512)` and how it was built.
  static var text: String { "apus \(Runtime.version)\n\(Runtime.buildDescription)\nkernels: \(Runtime.instructionSet)" }
}
