import Apus

/// Operators that take parts of a value.
enum MovementOperators {
  static let all: [String: OperatorMaker] = [
    "Slice": slice, "Gather": gather, "Pad": pad, "DepthToSpace": depthToSpace, "SpaceToDepth": spaceToDepth,
  ]

  /// A range of the file's axis.
  static func sliced(_ x: LaidTensor, _ axis: Int, _ range: Range<Int>) -> LaidTensor {
    if range == 0..<x.shape[axis] { return x }
    if let order = x.order {
      let y = x.inOrder(order).slice(axis: order.firstIndex(of: axis)!, range: range)
      return LaidTensor(y, order: order)
    }
    return LaidTensor(x.plain.slice(axis: axis, range: range))
  }

  /// The elements at `places` of an axis.
  static func sliced(_ array: HostArray, _ axis: Int, _ places: [Int]) throws(OperatorProblem) -> HostArray {
    let strides = HostArray.strides(array.shape)
    var target = array.shape
    target[axis] = places.count
    _ = try HostArray.count(target)
    let (outer, inner) = (Array(array.shape[..<axis]), Array(array.shape[(axis + 1)...]))
    let all = HostArray.places(outer, strides: Array(strides[..<axis])).flatMap { first in
      places.flatMap { place in
        HostArray.places(inner, strides: Array(strides[(axis + 1)...]), offset: first + place * strides[axis])
      }
    }
    return array.picking(all, shape: target)
  }

  /// The elements at `places` of the file's axis, in their order.
  static func picked(_ x: LaidTensor, _ axis: Int, _ places: [Int]) -> LaidTensor {
    var runs: [Range<Int>] = []
    for place in places {
      if let last = runs.last, last.upperBound == place {
        runs[runs.count - 1] = last.lowerBound..<place + 1
      } else {
        runs.append(place..<place + 1)
      }
    }
    if runs.count <= 1 { return sliced(x, axis, runs.first ?? 0..<0) }
    let order = x.order ?? Array(0..<x.rank)
    let indices = Tensor(places.map { Int32($0) })
    return LaidTensor(x.inOrder(order).take(indices, axis: order.firstIndex(of: axis) ?? axis), order: order)
  }

  /// Starts, ends, axes and steps are attributes before set 10, operands since.
  private static func slice(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let fixed = context.operatorSet < 10
    let (starts, ends, axes) = (
      try context.integers("starts"), try context.integers("ends"), try context.integers("axes")
    )
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let first = try fixed ? starts ?? [] : operands.host(1).integers
      let last = try fixed ? ends ?? [] : operands.host(2).integers
      let given = try fixed ? axes : operands[3] == nil ? nil : operands.host(3).integers
      let steps = try fixed || operands[4] == nil ? nil : operands.host(4).integers
      let shape = try operands.value(0).shape
      let which = given ?? Array(0..<first.count)
      guard first.count == last.count, which.count == first.count, steps.map({ $0.count == first.count }) ?? true,
        which.count <= shape.count
      else {
        throw OperatorProblem("with \(first.count) starts, \(last.count) ends and \(which.count) axes of \(shape)")
      }
      _ = try resolvedAxes(which, rank: shape.count)
      let host = try operands.value(0).host
      var result: ONNXValue = if let host { .host(host) } else { .tensor(try operands.takeAny(0)) }
      for index in which.indices {
        let axis = try resolvedAxis(which[index], rank: shape.count)
        let places = try places(shape[axis], first[index], last[index], steps?[index] ?? 1)
        switch result {
        case .host(let array): result = .host(try sliced(array, axis, places))
        case .tensor(let x): result = .tensor(picked(x, axis, places))
        case .constant: throw OperatorProblem("of a constant that was not resolved")
        }
      }
      return [result]
    }
  }

  /// As Python's slices: negative numbers count from the end, and all are cut to the axis.
  private static func places(_ size: Int, _ start: Int, _ end: Int, _ step: Int) throws(OperatorProblem) -> [Int] {
    if step == 0 { throw OperatorProblem("with a step of 0") }
    func cut(_ place: Int, _ range: ClosedRange<Int>) -> Int {
      min(max(place < 0 ? place.addingReportingOverflow(size).partialValue : place, range.lowerBound), range.upperBound)
    }
    if step > 0 { return Array(stride(from: cut(start, 0...size), to: cut(end, 0...size), by: step)) }
    if size == 0 { return [] }
    let (from, to) = (cut(start, 0...size - 1), end < -size ? -1 : cut(end, -1...size - 1))
    return Array(stride(from: from, to: to, by: step))
  }

  private static func gather(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let given = try context.integer("axis", 0)
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let shape = try operands.value(0).shape
      let axis = try resolvedAxis(given, rank: shape.count)
      let indices = try operands.host(1)
      var places: [Int] = []
      for index in indices.integers {
        guard index >= -shape[axis] && index < shape[axis] else {
          throw OperatorProblem("of index \(index) along axis \(axis) of \(shape)")
        }
        places.append(index < 0 ? index + shape[axis] : index)
      }
      // The axes of the indices take the axis's place.
      let target = shape[..<axis] + indices.shape + shape[(axis + 1)...]
      if let array = try operands.value(0).host {
        return [.host(try sliced(array, axis, places).reshaped(Array(target)))]
      }
      _ = try checkedShape(Array(target))
      return [.tensor(picked(try operands.takeAny(0), axis, places).reshaped(Array(target)))]
    }
  }

  /// Pads are an attribute before set 11, an operand since; of all axes, or from set 18 of those that are named.
  private static func pad(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let mode = try context.text("mode", "constant", of: ["constant", "reflect", "edge"])
    let fixed = try context.integers("pads")
    let fixedValue = try context.number("value", 0)
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let shape = try operands.value(0).shape
      let pads = if let fixed { fixed } else { try operands.host(1).integers }
      let value = operands[2] == nil ? fixedValue : (try operands.host(2).numbers.first ?? 0)
      let axes = try operands[3] == nil ? Array(0..<shape.count) : operands.host(3).integers
      guard pads.count == 2 * axes.count, !pads.contains(where: { $0.magnitude > UInt(WindowAttributes.mostPixels) })
      else {
        throw OperatorProblem("with pads \(pads) of \(axes.count) axes")
      }
      _ = try resolvedAxes(axes, rank: shape.count)
      var x = try operands.take(0)
      var widths = [(before: Int, after: Int)](repeating: (0, 0), count: shape.count)
      for (index, axis) in axes.enumerated() {
        let axis = try resolvedAxis(axis, rank: shape.count)
        let (before, after) = (pads[index], pads[index + axes.count])
        // A negative pad cuts off.
        let (first, last) = (max(0, -before), shape[axis] - max(0, -after))
        if first > last {
          throw OperatorProblem("cuts \(first) and \(shape[axis] - last) off axis \(axis) of \(shape)")
        }
        x = sliced(x, axis, first..<last)
        widths[axis] = (max(0, before), max(0, after))
        let widest = max(widths[axis].before, widths[axis].after)
        if mode != "constant", widest > 0, last - first < 1 || (mode == "reflect" && widest >= last - first) {
          throw OperatorProblem("with pads \(widths[axis]) that \(mode) axis \(axis) of \(shape)")
        }
      }
      _ = try checkedShape(x.shape.indices.map { x.shape[$0] + widths[$0].before + widths[$0].after })
      let order = x.order ?? Array(0..<x.rank)
      let kind: PaddingMode = mode == "constant" ? .constant(value) : mode == "edge" ? .replicate : .reflect
      return [.tensor(LaidTensor(x.inOrder(order).padded(order.map { widths[$0] }, mode: kind), order: order))]
    }
  }

  private static func blockSize(_ context: NodeContext) throws(FileError) -> Int {
    try context.integer("blocksize", 0, in: 1...1 << 15)
  }

  /// [N, b·b·C, H, W] (mode DCR) or [N, C·b·b, H, W] (CRD) → [N, C, H·b, W·b].
  private static func depthToSpace(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let block = try blockSize(context)
    let isDepthFirst = try context.text("mode", "DCR", of: ["DCR", "CRD"]) == "DCR"
    return FunctionOperator.ofTensor { (x: consuming LaidTensor) throws(OperatorProblem) in
      guard x.rank == 4, x.shape[1] % (block * block) == 0 else {
        throw OperatorProblem("takes [N, C, H, W] with channels that \(block * block) divides, input is \(x.shape)")
      }
      let (n, c, h, w) = (x.shape[0], x.shape[1] / (block * block), x.shape[2], x.shape[3])
      let apart = x.reshaped(isDepthFirst ? [n, block, block, c, h, w] : [n, c, block, block, h, w])
      let turned = apart.transposed(isDepthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3])
      let order = [0, 2, 3, 4, 5, 1]
      let y = turned.inOrder(order).reshaped(try checkedShape([n, h * block, w * block, c]))
      return LaidTensor(y, order: LaidTensor.channelsLast(4))
    }
  }

  /// [N, C, H·b, W·b] → [N, b·b·C, H, W], or [N, C·b·b, H, W] (CRD, from set 28 on).
  private static func spaceToDepth(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let block = try blockSize(context)
    let isDepthFirst = try context.text("mode", "DCR", of: ["DCR", "CRD"]) == "DCR"
    return FunctionOperator.ofTensor { (x: consuming LaidTensor) throws(OperatorProblem) in
      guard x.rank == 4, x.shape[2] % block == 0, x.shape[3] % block == 0 else {
        throw OperatorProblem("takes [N, C, H, W] with sides that \(block) divides, input is \(x.shape)")
      }
      let (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2] / block, x.shape[3] / block)
      let turned = x.reshaped([n, c, h, block, w, block]).transposed([0, 3, 5, 1, 2, 4])
      // Channels in the order (row in the block, column in the block, channel), or with the channel in front.
      let y = turned.inOrder(isDepthFirst ? [0, 4, 5, 1, 2, 3] : [0, 4, 5, 3, 1, 2])
        .reshaped([n, h, w, block * block * c])
      return LaidTensor(y, order: LaidTensor.channelsLast(4))
    }
  }
}
