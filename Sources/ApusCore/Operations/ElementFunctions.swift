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
