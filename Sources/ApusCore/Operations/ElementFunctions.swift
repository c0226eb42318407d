/// Functions of one element x: `threshold` is 1 for x > 0, else 0; `gelu` is x · Φ(x), and `geluTanh` its approximation by tanh.
public enum ActivationFunction: Hashable, Sendable {
  case relu, threshold, sigmoid, tanh, softplus, gelu, geluTanh
  case leakyReLU(slope: Double)
  case elu(alpha: Double)
  case swish(beta: Double)
}

extension ActivationFunction {
  /// The layer's name.
  package var name: String {
    switch self {
    case .relu: "ReLU"
    case .threshold: "Threshold"
    case .sigmoid: "Sigmoid"
    case .tanh: "Tanh"
    case .softplus: "Softplus"
    case .gelu, .geluTanh: "GELU"
    case .leakyReLU: "LeakyReLU"
    case .elu: "ELU"
    case .swish: "Swish"
    }
  }
}

/// What the elements along the axes become.
public enum ReductionFunction: String, Hashable, Sendable { case sum, mean, max, min }

/// Functions of two elements; `power` raises the first to the second.
public enum BinaryFunction: Hashable, Sendable { case add, subtract, multiply, divide, maximum, minimum, power }

/// Functions of one element without a setting; `sign` is −1, 0 or 1, `round` takes halves to the even neighbor, and `erf` is the error
/// function.
public enum UnaryFunction: Hashable, Sendable {
  case negate, abs, exp, log, sqrt, reciprocal, square, sign, floor, ceil, round, erf
}

/// What is asked of two elements; the answer is 1 or 0.
public enum ComparisonFunction: UInt32, Hashable, Sendable {
  case equal, notEqual, less, lessEqual, greater, greaterEqual
}
