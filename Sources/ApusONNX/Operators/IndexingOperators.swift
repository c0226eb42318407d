import Apus

/// Operators on places along axes. Places that a file gives are known without the input's elements; those that a model finds, the largest
/// elements', are int32 tensors.
enum IndexingOperators {
  static let all: [String: OperatorMaker] = [
    "ArgMax": { context throws(FileError) in try extreme(context, smallest: false) },
    "ArgMin": { context throws(FileError) in try extreme(context, smallest: true) },
    "TopK": topK, "GatherElements": gatherElements, "GatherND": gatherND, "ScatterElements": scatterElements,
    "Scatter": scatterElements, "ScatterND": scatterND, "CumSum": cumulativeSum, "Trilu": triangle,
  ]

  /// The most places of elements that are computed from a file's indices.
  private static let mostPlaces = 1 << 24

  // MARK: Largest elements

  /// The first place of the largest element along an axis, or the last one.
  private static func extreme(_ context: NodeContext, smallest: Bool) throws(FileError) -> any ONNXOperator {
    let given = try context.integer("axis", 0)
    let keepsAxis = try context.flag("keepdims", true)
    let takesLast = try context.flag("select_last_index")
    return FunctionOperator.ofTensor { (x: consuming LaidTensor) throws(OperatorProblem) in
      var x = x
      let axis = try resolvedAxis(given, rank: x.rank)
      let count = x.shape[axis]
      if count == 0 { throw OperatorProblem("along axis \(axis) of \(x.shape): there is no element") }
      if takesLast { x = MovementOperators.picked(x, axis, Array((0..<count).reversed())) }
      let order = x.order ?? Array(0..<x.rank)
      // The same as `argmax`, which has no place in a graph.
      var places = x.inOrder(order).topK(1, axis: order.firstIndex(of: axis) ?? axis, smallest: smallest).indices
      if takesLast { places = (Double(count - 1) - places.cast(to: .float32)).cast(to: .int32) }
      let y = LaidTensor(places, order: order)
      return keepsAxis ? y : y.removing([axis])
    }
  }

  private static func topK(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let which = try context.integer("axis", -1)
    let takesLargest = try context.flag("largest", true)
    _ = try context.flag("sorted", true)
    let fixed = context.operatorSet < 10 ? try context.integer("k", 0, in: 1...Int(Int32.max)) : nil
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let given = if let fixed { fixed } else { try operands.host(1).integers.first }
      guard let count = given else { throw OperatorProblem("of no number") }
      let x = try operands.take(0)
      let axis = try resolvedAxis(which, rank: x.rank)
      if count < 0 || count > x.shape[axis] {
        throw OperatorProblem("of \(count) elements along axis \(axis) of \(x.shape)")
      }
      let order = x.order ?? Array(0..<x.rank)
      let (values, places) = x.inOrder(order).topK(
        count, axis: order.firstIndex(of: axis) ?? axis, smallest: !takesLargest)
      return [.tensor(LaidTensor(values, order: order)), .tensor(LaidTensor(places, order: order))]
    }
  }

  // MARK: Elements by their places

  /// Places along an axis, counted from the front.
  private static func resolved(_ indices: HostArray, size: Int) throws(OperatorProblem) -> [Int] {
    var places: [Int] = []
    for index in indices.integers {
      guard index >= -size && index < size else { throw OperatorProblem("of index \(index) along an axis of \(size)") }
      places.append(index < 0 ? index + size : index)
    }
    return places
  }

  /// Where the elements lie that an index each names along an axis, the other axes at the index's own place.
  private static func elementPlaces(
    _ shape: [Int], _ indices: HostArray, axis: Int
  ) throws(OperatorProblem) -> [Int] {
    let fits =
      indices.shape.count == shape.count && shape.indices.allSatisfy { $0 == axis || indices.shape[$0] <= shape[$0] }
    if !fits { throw OperatorProblem("with indices of shape \(indices.shape) along axis \(axis) of \(shape)") }
    let strides = HostArray.strides(shape)
    var others = strides
    others[axis] = 0
    let along = try resolved(indices, size: shape[axis])
    return zip(HostArray.places(indices.shape, strides: others), along).map { $0 + $1 * strides[axis] }
  }

  /// y[i, j] = x[indices[i, j], j] along axis 0.
  private static func gatherElements(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let given = try context.integer("axis", 0)
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let shape = try operands.value(0).shape
      let (axis, indices) = (try resolvedAxis(given, rank: shape.count), try operands.host(1))
      let places = try elementPlaces(shape, indices, axis: axis)
      if let array = try operands.value(0).host { return [.host(array.picking(places, shape: indices.shape))] }
      let x = try operands.take(0)
      let along = Tensor(try resolved(indices, size: shape[axis]).map { Int32($0) }, shape: Shape(indices.shape))
      let order = x.order ?? Array(0..<x.rank)
      let y = x.inOrder(order).gather(LaidTensor(along).inOrder(order), axis: order.firstIndex(of: axis) ?? axis)
      return [.tensor(LaidTensor(y, order: order))]
    }
  }

  /// The rows that vectors of indices name: x of shape S, indices [I…, k] of its axes behind `batch` leading ones → which row each is, of
  /// rows of the sizes S[batch + k…].
  private static func rowPlaces(
    _ shape: [Int], _ indices: HostArray, batch: Int
  ) throws(OperatorProblem) -> (places: [Int], row: [Int]) {
    guard let length = indices.shape.last, batch < indices.shape.count, batch + length <= shape.count, length > 0,
      shape[..<batch] == indices.shape[..<batch]
    else { throw OperatorProblem("with indices of shape \(indices.shape) of \(shape)") }
    let axes = Array(shape[batch..<batch + length])
    let (strides, all) = (HostArray.strides(axes), indices.integers)
    let rows = try HostArray.count(axes, limit: Int(Int32.max))
    _ = try HostArray.count(Array(shape[..<(batch + length)]), limit: Int(Int32.max))
    let perBatch = indices.shape[batch..<indices.shape.count - 1].reduce(1, *)
    var places: [Int] = []
    for vector in 0..<all.count / length {
      var place = vector / max(1, perBatch) * rows
      for axis in 0..<length {
        let (index, size) = (all[vector * length + axis], axes[axis])
        guard index >= -size && index < size else {
          throw OperatorProblem("of index \(index) along axis \(batch + axis) of \(shape)")
        }
        place += (index < 0 ? index + size : index) * strides[axis]
      }
      places.append(place)
    }
    return (places, Array(shape[(batch + length)...]))
  }

  private static func gatherND(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let batch = try context.integer("batch_dims", 0, in: 0...Shape.maximumRank)
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let (shape, indices) = (try operands.value(0).shape, try operands.host(1))
      let (places, row) = try rowPlaces(shape, indices, batch: batch)
      let target = indices.shape.dropLast() + row
      let size = row.reduce(1, *)
      if let array = try operands.value(0).host {
        _ = try HostArray.count(Array(target))
        let all = places.flatMap { place in (0..<size).map { place * size + $0 } }
        return [.host(array.picking(all, shape: Array(target)))]
      }
      let y = try operands.take(0).plain.reshaped(Shape([shape.reduce(1, *) / max(1, size), size]))
        .take(Tensor(places.map { Int32($0) }), axis: 0)
      return [.tensor(LaidTensor(y.reshaped(try checkedShape(Array(target)))))]
    }
  }

  // MARK: Elements put in place

  private enum Writing: String, CaseIterable {
    /// The last update of an element stays.
    case none
    case add
  }

  private static func writing(_ context: NodeContext) throws(FileError) -> Writing {
    Writing(rawValue: try context.text("reduction", "none", of: Writing.allCases.map(\.rawValue))) ?? .none
  }

  /// A value whose rows at `places` are others, [rows, row] each.
  private static func written(
    _ operands: inout NodeOperands, _ places: [Int], row: Int, _ writing: Writing
  ) throws(OperatorProblem) -> ONNXValue {
    let shape = try operands.value(0).shape
    let rows = shape.reduce(1, *) / max(1, row)
    if places.count * row > mostPlaces || rows > mostPlaces {
      throw OperatorProblem("of \(places.count * row) elements, at most \(mostPlaces) are possible")
    }
    // Where each row of the result comes from: its own, or an update's behind them.
    var sources = Array(0..<rows)
    for (update, place) in places.enumerated() { sources[place] = rows + update }
    if writing == .none, let x = try operands.value(0).host, let updates = try operands.value(2).host {
      let all = try HostArray.concatenated(
        [try x.reshaped([x.count]), try updates.reshaped([updates.count])], axis: 0)
      return .host(all.picking(sources.flatMap { source in (0..<row).map { source * row + $0 } }, shape: shape))
    }
    let updates = try operands.take(2).plain.reshaped([places.count, row])
    let x = try operands.take(0).plain.reshaped([rows, row])
    let y: Tensor
    switch writing {
    case .none: y = Tensor.concatenated([x, updates], axis: 0).take(Tensor(sources.map { Int32($0) }), axis: 0)
    case .add:
      let indices = Tensor(places.flatMap { Array(repeating: Int32($0), count: row) }, shape: [places.count, row])
      y = x.scatterAdd(indices, updates, axis: 0)
    }
    return .tensor(LaidTensor(y.reshaped(Shape(shape))))
  }

  private static func scatterElements(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let given = try context.integer("axis", 0)
    let writing = try writing(context)
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let shape = try operands.value(0).shape
      let (axis, indices) = (try resolvedAxis(given, rank: shape.count), try operands.host(1))
      if try operands.value(2).shape != indices.shape {
        throw OperatorProblem("with indices of shape \(indices.shape) and updates of \(try operands.value(2).shape)")
      }
      return [try written(&operands, try elementPlaces(shape, indices, axis: axis), row: 1, writing)]
    }
  }

  private static func scatterND(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let writing = try writing(context)
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let (shape, indices) = (try operands.value(0).shape, try operands.host(1))
      let (places, row) = try rowPlaces(shape, indices, batch: 0)
      let expected = indices.shape.dropLast() + row
      if try operands.value(2).shape != Array(expected) {
        throw OperatorProblem("with updates of shape \(try operands.value(2).shape), expected \(Array(expected))")
      }
      return [try written(&operands, places, row: row.reduce(1, *), writing)]
    }
  }

  // MARK: Sums and triangles

  /// Sums from the beginning of an axis on, or from its end; without each place's own element if exclusive.
  private static func cumulativeSum(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let (isExclusive, isReversed) = (try context.flag("exclusive"), try context.flag("reverse"))
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      guard let given = try operands.host(1).integers.first else { throw OperatorProblem("along no axis") }
      var x = try operands.take(0)
      let axis = try resolvedAxis(given, rank: x.rank)
      let count = x.shape[axis]
      if count == 0 { return [.tensor(x)] }
      let backwards = Array((0..<count).reversed())
      if isReversed { x = MovementOperators.picked(x, axis, backwards) }
      let order = x.order ?? Array(0..<x.rank)
      let place = order.firstIndex(of: axis) ?? axis
      var y = x.inOrder(order).cumulativeSum(axis: place)
      if isExclusive {
        var widths = [(before: Int, after: Int)](repeating: (0, 0), count: order.count)
        widths[place].before = 1
        y = y.slice(axis: place, range: 0..<count - 1).padded(widths)
      }
      let result = LaidTensor(y, order: order)
      return [.tensor(isReversed ? MovementOperators.picked(result, axis, backwards) : result)]
    }
  }

  /// The upper or lower triangle of matrices, the last two axes; zeros elsewhere.
  private static func triangle(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let isUpper = try context.flag("upper", true)
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let shape = try operands.value(0).shape
      let diagonal = try operands[1] == nil ? 0 : operands.host(1).integers.first ?? 0
      guard shape.count >= 2 else { throw OperatorProblem("takes matrices, the shape is \(shape)") }
      let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
      _ = try HostArray.count([rows, columns], limit: mostPlaces)
      let (least, greatest) = (max(diagonal, -rows), min(diagonal, columns))
      let mask = (0..<rows).flatMap { row in
        (0..<columns).map { column in isUpper ? column - row >= least : column - row <= greatest }
      }
      if let array = try operands.value(0).host, array.isWhole {
        let all = array.integers.enumerated().map { mask[$0.offset % mask.count] ? $0.element : 0 }
        return [.host(try HostArray(.integers(all), shape: shape))]
      }
      let x = try operands.take(0).plain
      let kept = Tensor(mask.map { $0 ? UInt8(1) : 0 }, shape: [rows, columns])
      return [.tensor(LaidTensor(Tensor.select(kept, x, Tensor.zeros([]))))]
    }
  }
}
