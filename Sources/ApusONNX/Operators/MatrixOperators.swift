import Apus

/// How the rows of a matrix lie that features of a flattened image are multiplied with: sizes of the image's axes in the order of the
/// file, and for each of them in the order here which one it is.
struct RowOrder: Hashable {
  let sizes: [Int]
  let order: [Int]

  /// Of the axes that the file's last axis is made of; `nil` if they lie as in the file, or not as a flattening leaves them: behind
  /// the others, and these in their order.
  init?(_ x: LaidTensor) {
    guard let places = x.axes.last else { return nil }
    let sorted = places.sorted()
    let outer = x.axes.dropLast().flatMap(\.self)
    if sorted == places || outer + sorted != Array(0..<x.tensor.rank) { return nil }
    sizes = places.map { x.tensor.shape[$0] }
    order = sorted.map { places.firstIndex(of: $0)! }
  }

  /// A matrix [in, out] with its rows in the order here.
  func turned(_ weight: Tensor) -> Tensor {
    let columns = weight.shape[1]
    return weight.reshaped(Shape(sizes + [columns])).transposed(order + [sizes.count]).reshaped(weight.shape)
  }
}

/// Gemm, and MatMul by a constant: x [..., in] · weight [in, out] + bias.
///
/// A flattened image is multiplied as it lies here: the weight's rows are turned once, after the model has run on shapes.
final class LinearOperator: ONNXOperator {
  /// [in, out]
  private let weight: Parameter
  private let bias: Parameter?
  /// How the weight's rows lie; `nil` for the file's order.
  private var rows: RowOrder?
  /// What the last input would have them be.
  private var wanted: RowOrder?
  private var isSettled = false

  init(weight: Tensor, bias: Tensor?) {
    self.weight = Parameter(weight)
    self.bias = bias.map { Parameter($0) }
  }

  var parts: [(name: String, part: Any)] { [("weight", weight)] + (bias.map { [("bias", $0)] } ?? []) }

  func run(_ operands: inout NodeOperands) throws(OperatorProblem) -> [ONNXValue] {
    let x = try operands.take(0)
    let last = x.rank - 1
    guard last >= 1, x.shape[last] == weight.shape[0] else {
      throw OperatorProblem("expects \(weight.shape[0]) features, input is \(x.shape)")
    }
    let mixed = RowOrder(x)
    if !isSettled { wanted = mixed }
    if let mixed, mixed == rows {
      return [.tensor(LaidTensor(product(x.tensor.reshaped(Shape(x.shape)), weight.value)))]
    }
    let order = (x.order ?? Array(0..<x.rank)).filter { $0 != last } + [last]
    let value = rows.map { unturned(weight.value, $0) } ?? weight.value
    return [.tensor(LaidTensor(product(x.inOrder(order), value), order: order))]
  }

  private func product(_ x: Tensor, _ weight: Tensor) -> Tensor {
    linear(x, weight: weight, bias: bias?.value)
  }

  /// The file's order again, where an input of another size or layout wants it.
  private func unturned(_ weight: Tensor, _ rows: RowOrder) -> Tensor {
    let inverse = rows.order.indices.map { rows.order.firstIndex(of: $0)! }
    return RowOrder(sizes: rows.order.map { rows.sizes[$0] }, order: inverse).turned(weight)
  }

  func settle() {
    isSettled = true
    guard let wanted else { return }
    weight.value = wanted.turned(weight.value)
    rows = wanted
  }
}

extension RowOrder {
  fileprivate init(sizes: [Int], order: [Int]) { (self.sizes, self.order) = (sizes, order) }
}

/// Gemm: alpha · A' · B' + beta · C.
func gemmOperator(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
  let (alpha, beta) = (try context.number("alpha", 1), try context.number("beta", 1))
  let (turnsA, turnsB) = (try context.flag("transA"), try context.flag("transB"))
  let bias = context.constant(2)?.parameter?.value
  if !turnsA, let constant = context.constant(1)?.parameter?.value, constant.rank == 2, constant.elementCount > 0,
    !context.has(2) || bias != nil
  {
    let weight = turnsB ? constant.transposed() : constant
    let columns = weight.shape[1]
    let isRow = bias.map { $0.elementCount == columns && $0.shape.last == columns || $0.elementCount == 1 } ?? true
    if isRow {
      let row = bias.map {
        $0.elementCount == columns ? $0.reshaped([columns]) : $0.reshaped([1]).broadcast(to: [columns])
      }
      return LinearOperator(
        weight: alpha == 1 ? weight : weight * alpha, bias: beta == 1 ? row : row.map { $0 * beta })
    }
  }
  return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
    let (a, b) = (try operands.take(0), try operands.take(1))
    if a.rank != 2 || b.rank != 2 {
      throw OperatorProblem("takes two matrices, the shapes are \(a.shape) and \(b.shape)")
    }
    let (left, right) = (a.inOrder(turnsA ? [1, 0] : [0, 1]), b.inOrder(turnsB ? [1, 0] : [0, 1]))
    if left.shape[1] != right.shape[0] {
      throw OperatorProblem("takes [m, k] · [k, n], but the shapes are \(left.shape) and \(right.shape)")
    }
    var y = matmul(left, right)
    if alpha != 1 { y = y * alpha }
    if operands[2] != nil {
      let c = try operands.take(2).plain
      if try HostArray.broadcast(Array(c.shape), Array(y.shape)) != Array(y.shape) {
        throw OperatorProblem("adds \(c.shape) to \(y.shape), which does not fit")
      }
      y = y + (beta == 1 ? c : c * beta)
    }
    return [.tensor(LaidTensor(y))]
  }
}

/// MatMul, with batches that broadcast.
func matMulOperator(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
  if let weight = context.constant(1)?.parameter?.value, weight.rank == 2, weight.elementCount > 0,
    context.constant(0) == nil
  {
    return LinearOperator(weight: weight, bias: nil)
  }
  return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
    [.tensor(try matrixProduct(try operands.take(0), try operands.take(1)))]
  }
}

/// As NumPy's `matmul`: vectors become a row or a column, batches broadcast.
private func matrixProduct(_ a: LaidTensor, _ b: LaidTensor) throws(OperatorProblem) -> LaidTensor {
  if a.rank == 0 || b.rank == 0 { throw OperatorProblem("of a number without axes") }
  let (isRow, isColumn) = (a.rank == 1, b.rank == 1)
  var left = isRow ? a.insertingAxis(at: 0).plain : a.plain
  var right = isColumn ? b.insertingAxis(at: 1).plain : b.plain
  if left.shape[left.rank - 1] != right.shape[right.rank - 2] {
    throw OperatorProblem("takes [m, k] · [k, n], but the shapes are \(a.shape) and \(b.shape)")
  }
  if right.rank > 2 || left.rank < right.rank {
    let batch = try HostArray.broadcast(Array(left.shape.dropLast(2)), Array(right.shape.dropLast(2)))
    left = left.broadcast(to: try checkedShape(batch + left.shape.suffix(2)))
    right = right.broadcast(to: try checkedShape(batch + right.shape.suffix(2)))
  }
  let y = LaidTensor(matmul(left, right))
  return y.removing(Set((isRow ? [y.rank - 2] : []) + (isColumn ? [y.rank - 1] : [])))
}

/// MatMul by a matrix and the sum with a row, which have been found to be constants that fit.
func linearOperator(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
  let (weight, bias) = (
    try context.weight(1, "a weight", rank: 2).tensor, try context.weight(2, "a bias", rank: 1).tensor
  )
  if bias.shape != [weight.shape[1]] || weight.elementCount == 0 {
    throw context.problem("a weight of shape \(weight.shape) and a bias of shape \(bias.shape)", "as many columns")
  }
  return LinearOperator(weight: weight, bias: bias)
}
