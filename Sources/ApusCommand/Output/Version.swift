import Apus

enum Version {
  /// `apus 0.1.0`, how it was built, and under which licenses: a command that is copied alone has no NOTICE beside it.
  static var text: String {
    """
    apus \(Runtime.version)
    \(Runtime.buildDescription)
    kernels: \(Runtime.instructionSet)
    license: Apache-2.0; of the digits inside (E. Alpaydin and C. Kaynak, 1998, https://doi.org/10.24432/C50P49) CC BY 4.0; see NOTICE
    """
  }
}
