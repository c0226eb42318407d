/// Matrix product over the last two axes: [m, k] · [k, n] → [m, n]. Leading axes of the first operand are a batch; the second has
/// the same ones, or is one matrix for all.
public func matmul(_ a: Tensor, _ b: Tensor) -> Tensor {
  var (a, b) = (a, b)
  Tensor.matchTypes(&a, &b, "MatMul")
  guard a.rank >= 2, b.rank >= 2, a.shape[a.rank - 1] == b.shape[b.rank - 2] else {
    return shapeFailure("MatMul", "takes [m, k] · [k, n], but the shapes are \(a.shape) and \(b.shape)", input: a)
  }
  if b.rank == 2 && a.rank > 2 {
    // One matrix for all: rows of the batch are rows of one product.
    let rows = a.shape.dropLast().reduce(1, *)
    let product = matmul(a.reshaped([rows, a.shape[a.rank - 1]]), b)
    return product.reshaped(Shape(a.shape.dropLast() + [b.shape[1]]))
  }
  guard a.shape.dropLast(2).elementsEqual(b.shape.dropLast(2)) else {
    return shapeFailure("MatMul", "takes batches of one shape, but the shapes are \(a.shape) and \(b.shape)", input: a)
  }
  let tape = Tape.recording(a, b)
  let precision = Scope.current?.precision ?? .standard
  let y = Kernels.matrixProduct(a, b, precision: precision)
  if let tape {
    let (x, w) = (a.detached(), b.detached())
    tape.record(y, a.body.node, b.body.node) { gradient, needs in
      (
        needs[0] ? Kernels.matrixProduct(gradient, w, transposeB: true, precision: precision) : nil,
        needs[1] ? Kernels.matrixProduct(x, gradient, transposeA: true) : nil
      )
    }
  }
  let inner = a.shape[a.rank - 1]
  report(
    "MatMul", y, from: [a, b], as: .matrixProduct(precision),
    with: .init(
      multiplyAdds: y.elementCount * inner,
      choices: { [a = a.shape, b = b.shape] in Kernels.choices(product: a, b, precision) }, seesAll: true))
  return y
}

/// The matrix product, as `matmul`, with the precedence of `*`: `a • b + c` is `(a • b) + c`. Python's `@` begins an attribute in Swift
/// and can be no operator, and `*` is the product of elements. `•` is the sign that Swift for TensorFlow chose; on a Mac's keyboard
/// it is Option-8, and `a.matmul(b)` is the same.
infix operator • : MultiplicationPrecedence

extension Tensor {
  /// The matrix product `matmul(a, b)`.
  public static func • (a: Tensor, b: Tensor) -> Tensor { ApusCore.matmul(a, b) }

  /// The matrix product `matmul(self, other)`.
  public func matmul(_ other: Tensor) -> Tensor { ApusCore.matmul(self, other) }
}
