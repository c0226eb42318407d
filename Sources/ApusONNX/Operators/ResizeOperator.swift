import Apus

/// Resize and Upsample, of any axes, by sizes or by scales.
final class ResizeOperator: ONNXOperator {
  private let coordinates: ResizeCoordinates
  private let axes: [Int]?
  private let fixedScales: [Float]?
  /// Places of the operands with scales and sizes.
  private let (scalesPlace, sizesPlace): (Int, Int?)

  init(_ context: NodeContext, isUpsample: Bool) throws(FileError) {
    let isOld = isUpsample || context.operatorSet < 11
    let mode = try context.text("mode", "nearest", of: ["nearest", "linear", "bilinear", "cubic"])
    let rules = ResizeCoordinates.Rule.allCases.map(\.rawValue)
    let rule = try context.text("coordinate_transformation_mode", isOld ? "asymmetric" : "half_pixel", of: rules)
    let roundings = ResizeCoordinates.Rounding.allCases.map(\.rawValue)
    let rounding = try context.text("nearest_mode", isOld ? "floor" : "round_prefer_floor", of: roundings)
    _ = try context.text("keep_aspect_ratio_policy", "stretch", of: ["stretch"])
    coordinates = ResizeCoordinates(
      mode: mode == "bilinear" ? .linear : ResizeCoordinates.Mode(rawValue: mode) ?? .nearest,
      rule: ResizeCoordinates.Rule(rawValue: rule) ?? .halfPixel,
      rounding: ResizeCoordinates.Rounding(rawValue: rounding) ?? .preferFloor,
      coefficient: try context.number("cubic_coeff_a", -0.75, in: -1e3...1e3),
      excludesOutside: try context.flag("exclude_outside"))
    if try context.flag("antialias") { throw context.problem("antialias = 1", "0") }
    axes = try context.integers("axes")
    fixedScales = try context.numbers("scales")
    (scalesPlace, sizesPlace) = isOld ? (1, nil) : (2, 3)
  }

  func run(_ operands: inout NodeOperands) throws(OperatorProblem) -> [ONNXValue] {
    let shape = try operands.value(0).shape
    var (target, scales) = (shape, [Double](repeating: 1, count: shape.count))
    let which =
      try axes.map { list throws(OperatorProblem) in
        var resolved: [Int] = []
        for axis in list { resolved.append(try resolvedAxis(axis, rank: shape.count)) }
        return resolved
      } ?? Array(0..<shape.count)
    var given = fixedScales.map { $0.map(Double.init) }
    if let scales = operands[scalesPlace], !scales.shape.contains(0) { given = try operands.host(scalesPlace).numbers }
    if let given {
      if given.count != which.count { throw OperatorProblem("with \(given.count) scales for \(which.count) axes") }
      for (axis, scale) in zip(which, given) {
        guard scale > 0, scale < 1e6 else { throw OperatorProblem("by a scale of \(scale)") }
        scales[axis] = scale
        target[axis] = Int((Double(shape[axis]) * scale).rounded(.down))
      }
    } else if let sizesPlace {
      let sizes = try operands.host(sizesPlace).integers
      if sizes.count != which.count { throw OperatorProblem("to \(sizes) of \(which.count) axes") }
      for (axis, size) in zip(which, sizes) {
        target[axis] = size
        scales[axis] = Double(size) / Double(max(1, shape[axis]))
      }
    }
    _ = try checkedShape(target)
    if shape.contains(0) || target.contains(where: { $0 < 1 }) { throw OperatorProblem("of \(shape) to \(target)") }
    return [.tensor(try resized(try operands.take(0), to: target, scales))]
  }

  private func resized(_ x: LaidTensor, to target: [Int], _ scales: [Double]) throws(OperatorProblem) -> LaidTensor {
    let shape = x.shape
    let changed = shape.indices.filter { shape[$0] != target[$0] }
    if let filter = filter(shape, target, scales), x.rank == 4, changed.allSatisfy({ $0 >= 2 }) {
      let order = LaidTensor.channelsLast(4)
      let y = resize2d(
        x.inOrder(order), height: target[2], width: target[3], filter: filter,
        alignCorners: coordinates.rule == .alignCorners && filter != .nearest)
      return LaidTensor(y, order: order)
    }
    var y = x
    for axis in shape.indices where shape[axis] != target[axis] || scales[axis] != 1 {
      if coordinates.mode == .nearest {
        y = MovementOperators.picked(y, axis, coordinates.nearest(shape[axis], target[axis], scale: scales[axis]))
        continue
      }
      let order = (y.order ?? Array(0..<y.rank)).filter { $0 != axis } + [axis]
      let rows = y.inOrder(order)
      let matrix = coordinates.matrix(shape[axis], target[axis], scale: scales[axis])
      let isVector = rows.rank == 1
      let product = linear(isVector ? rows.reshaped([1, shape[axis]]) : rows, weight: matrix)
      y = LaidTensor(isVector ? product.reshaped([target[axis]]) : product, order: order)
    }
    return y
  }

  /// The filter of `resize2d` that does the same; `nil` if there is none.
  private func filter(_ shape: [Int], _ target: [Int], _ scales: [Double]) -> ResampleFilter? {
    if coordinates.mode == .nearest {
      let isUsual = shape.indices.allSatisfy { axis in
        let places = coordinates.nearest(shape[axis], target[axis], scale: scales[axis])
        return places.enumerated().allSatisfy { output, place in
          place == min(shape[axis] - 1, output * shape[axis] / target[axis])
        }
      }
      return isUsual ? .nearest : nil
    }
    // Its ratios are those of the sizes.
    let isExact = shape.indices.allSatisfy { Double(target[$0]) == Double(shape[$0]) * scales[$0] }
    let isPlain =
      [.halfPixel, .alignCorners].contains(coordinates.rule)
      || (coordinates.rule == .torchHalfPixel && !target.contains(1))
    guard isExact && isPlain && !coordinates.excludesOutside else { return nil }
    return coordinates.mode == .linear ? .bilinear : coordinates.coefficient == -0.75 ? .bicubic : nil
  }
}
