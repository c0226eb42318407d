/// One of the C core's functions of one element (`apus/activation.h`), by its number. The file of its layer asks for it by name.
package struct Nonlinearity: Hashable, Sendable {
  let code: UInt32
}

/// A function of one element x: a kernel of the C core with its parameters, and what plans, graphs and files say of it.
///
/// Each is declared in the file of its layer, ReLU alone here, since the core takes it into other kernels.
public struct ActivationFunction: Sendable {
  /// The layer's name: `LeakyReLU`.
  package let name: StaticString
  /// `nil`: ReLU, which has a kernel of its own.
  let kernel: Nonlinearity?
  /// The kernel's parameters, in its order; 0 where it has fewer.
  let first, second: Double
  private let describe: @Sendable (Double, Double) -> String
  private let form: @Sendable (Double, Double) -> ONNXForm

  fileprivate init(
    kernel: Nonlinearity?, _ name: StaticString, _ first: Double, _ second: Double,
    details: @escaping @Sendable (Double, Double) -> String, onnx: @escaping @Sendable (Double, Double) -> ONNXForm
  ) {
    (self.kernel, self.name, self.first, self.second) = (kernel, name, first, second)
    (describe, form) = (details, onnx)
  }

  /// `details`: the parameters in words. `onnx`: the function by ONNX's operators. Both are given the parameters, are called where
  /// somebody asks, and capture nothing: a function is made anew in each call of an operation.
  package init(
    _ kernel: Nonlinearity, _ name: StaticString, _ first: Double = 0, _ second: Double = 0,
    details: @escaping @Sendable (Double, Double) -> String = { _, _ in "" },
    onnx: @escaping @Sendable (Double, Double) -> ONNXForm
  ) {
    self.init(kernel: kernel, name, first, second, details: details, onnx: onnx)
  }

  /// The parameters in words, `slope 0.01`; empty where there is none.
  package var details: String { describe(first, second) }

  /// By ONNX's operators of set 17.
  package var onnx: ONNXForm { form(first, second) }
}

extension ActivationFunction: Hashable {
  /// The same kernel with the same parameters; two names may be one function.
  public static func == (a: ActivationFunction, b: ActivationFunction) -> Bool {
    a.kernel == b.kernel && a.first == b.first && a.second == b.second
  }

  /// Of the kernel and its parameters.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(kernel)
    hasher.combine(first)
    hasher.combine(second)
  }
}

extension ActivationFunction {
  /// max(x, 0).
  public static var relu: ActivationFunction {
    ActivationFunction(kernel: nil, "ReLU", 0, 0, details: { _, _ in "" }, onnx: { _, _ in .apply("Relu", [.x]) })
  }
}

/// A function of one element x by ONNX's operators.
package indirect enum ONNXForm {
  case x
  case number(Double)
  /// An operator, its operands, and those of its attributes that are numbers.
  case apply(String, [ONNXForm], [(String, Double)] = [])
}
