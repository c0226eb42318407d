import Apus

/// ReduceMean and its like: over axes that are an attribute or, in newer sets, an operand; over all if there are none.
final class ReductionOperator: ONNXOperator {
  enum Kind { case mean, sum, maximum, minimum, product, sumOfSquares, norm, norm1, logSum, logSumExp }

  private let kind: Kind
  private let axes: [Int]?
  private let keepsAxes: Bool
  private let nothingMeansNone: Bool

  init(_ kind: Kind, _ context: NodeContext) throws(FileError) {
    self.kind = kind
    axes = try context.integers("axes")
    keepsAxes = try context.flag("keepdims", true)
    nothingMeansNone = try context.flag("noop_with_empty_axes")
  }

  func run(_ operands: inout NodeOperands) throws(OperatorProblem) -> [ONNXValue] {
    let rank = try operands.value(0).shape.count
    var given = axes
    if operands[1] != nil { given = try operands.host(1).integers }
    if given?.isEmpty ?? true {
      if nothingMeansNone { return [try operands.value(0)] }
      given = Array(0..<rank)
    }
    let axes = try resolvedAxes(given ?? [], rank: rank)
    if let array = try operands.value(0).host { return [.host(try reduced(array, axes))] }
    let x = try operands.take(0)
    if axes.contains(where: { x.shape[$0] == 0 }) {
      throw OperatorProblem("over axes \(axes) of \(x.shape): no element")
    }
    let places = axes.flatMap { x.axes[$0] }.sorted()
    // Of axes of size 1 that lie nowhere nothing is to be reduced.
    let y = places.isEmpty ? try single(x) : LaidTensor(try value(x.tensor, places), axes: x.axes)
    return [.tensor(keepsAxes ? y : y.removing(Set(axes)))]
  }

  private func single(_ x: LaidTensor) throws(OperatorProblem) -> LaidTensor {
    let row = x.insertingAxis(at: 0).plain
    return LaidTensor(try value(row, [0]).reshaped(Shape(x.shape)))
  }

  private func value(_ x: Tensor, _ axes: [Int]) throws(OperatorProblem) -> Tensor {
    switch kind {
    case .mean: return x.mean(axes: axes, keepingAxes: true)
    case .sum: return x.sum(axes: axes, keepingAxes: true)
    case .maximum: return x.max(axes: axes, keepingAxes: true)
    case .minimum: return x.min(axes: axes, keepingAxes: true)
    case .sumOfSquares: return x.square().sum(axes: axes, keepingAxes: true)
    case .norm: return x.square().sum(axes: axes, keepingAxes: true).sqrt()
    case .norm1: return x.abs().sum(axes: axes, keepingAxes: true)
    case .logSum: return x.sum(axes: axes, keepingAxes: true).log()
    case .logSumExp:
      let largest = x.max(axes: axes, keepingAxes: true)
      return (x - largest).exp().sum(axes: axes, keepingAxes: true).log() + largest
    case .product: throw OperatorProblem("of the elements of the input is not there")
    }
  }

  /// Of numbers that the model reckons with.
  private func reduced(_ array: HostArray, _ axes: [Int]) throws(OperatorProblem) -> HostArray {
    let rest = array.shape.indices.filter { !axes.contains($0) }
    let turned = array.transposed(rest + axes)
    let (rows, row) = (rest.map { array.shape[$0] }, axes.map { array.shape[$0] }.reduce(1, *))
    if row == 0 { throw OperatorProblem("over axes \(axes) of \(array.shape): no element") }
    let target = array.shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
    let shape = keepsAxes ? target : rows
    let count = rows.reduce(1, *)
    if turned.isWhole, kind != .mean, kind != .norm, kind != .logSum, kind != .logSumExp {
      let all = turned.integers
      return try HostArray(
        .integers((0..<count).map { whole(all[$0 * row..<($0 + 1) * row]) }), shape: shape)
    }
    let all = turned.numbers
    return try HostArray(.numbers((0..<count).map { real(all[$0 * row..<($0 + 1) * row]) }), shape: shape)
  }

  private func whole(_ row: ArraySlice<Int>) -> Int {
    switch kind {
    case .maximum: row.max() ?? 0
    case .minimum: row.min() ?? 0
    case .product: row.reduce(1, &*)
    case .sumOfSquares: row.reduce(0) { $0 &+ $1 &* $1 }
    case .norm1: row.reduce(0) { $0 &+ ($1 < 0 ? 0 &- $1 : $1) }
    case .sum, .mean, .norm, .logSum, .logSumExp: row.reduce(0, &+)
    }
  }

  private func real(_ row: ArraySlice<Double>) -> Double {
    let sum = row.reduce(0, +)
    switch kind {
    case .mean: return sum / Double(row.count)
    case .sum: return sum
    case .maximum: return row.max() ?? 0
    case .minimum: return row.min() ?? 0
    case .product: return row.reduce(1, *)
    case .sumOfSquares: return row.reduce(0) { $0 + $1 * $1 }
    case .norm: return row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    case .norm1: return row.reduce(0) { $0 + abs($1) }
    case .logSum: return HostFunctions.log(sum)
    case .logSumExp:
      let largest = row.max() ?? 0
      return HostFunctions.log(row.reduce(0) { $0 + HostFunctions.exp($1 - largest) }) + largest
    }
  }
}

/// Softmax and LogSoftmax: along an axis, and before set 13 over all axes from there on.
func softmaxOperator(_ context: NodeContext, logarithm: Bool) throws(FileError) -> any ONNXOperator {
  let isFlat = context.operatorSet < 13
  let given = try context.integer("axis", isFlat ? 1 : -1)
  return FunctionOperator.ofTensor { (x: consuming LaidTensor) throws(OperatorProblem) in
    let rank = x.rank
    let axis = try resolvedAxis(given, rank: rank)
    if isFlat && axis != rank - 1 {
      let shape = x.shape
      let row = shape[axis...].reduce(1, *)
      let y = x.plain.reshaped(Shape(shape[..<axis] + [row]))
      return LaidTensor((logarithm ? logSoftmax(y) : softmax(y)).reshaped(Shape(shape)))
    }
    let order = x.order ?? Array(0..<rank)
    let (y, place) = (x.inOrder(order), order.firstIndex(of: axis) ?? axis)
    return LaidTensor(logarithm ? logSoftmax(y, axis: place) : softmax(y, axis: place), order: order)
  }
}
