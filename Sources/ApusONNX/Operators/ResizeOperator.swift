import Apus

/// Resize and Upsample, of any axes, by sizes or by scales.
final class ResizeOperator: ONNXOperator {
  private let coordinates: ResizeCoordinates
  private let policy: AspectPolicy
  private let axes: [Int]?
  private let fixedScales: [Float]?
  /// Places of the operands with scales and sizes.
  private let (scalesPlace, sizesPlace): (Int, Int?)

  /// What becomes of sizes of another aspect than the image's.
  private enum AspectPolicy: String, CaseIterable {
    case stretch
    case notLarger = "not_larger"
    case notSmaller = "not_smaller"
  }

  init(_ context: NodeContext, isUpsample: Bool) throws(FileError) {
    let isOld = isUpsample || context.operatorSet < 11
    let mode = try context.text("mode", "nearest", of: ["nearest", "linear", "bilinear", "cubic"])
    let rules = ResizeCoordinates.Rule.allCases.map(\.rawValue)
    let rule = try context.text("coordinate_transformation_mode", isOld ? "asymmetric" : "half_pixel", of: rules)
    let roundings = ResizeCoordinates.Rounding.allCases.map(\.rawValue)
    let rounding = try context.text("nearest_mode", isOld ? "floor" : "round_prefer_floor", of: roundings)
    let policies = AspectPolicy.allCases.map(\.rawValue)
    policy = AspectPolicy(rawValue: try context.text("keep_aspect_ratio_policy", "stretch", of: policies)) ?? .stretch
    coordinates = ResizeCoordinates(
      mode: mode == "bilinear" ? .linear : ResizeCoordinates.Mode(rawValue: mode) ?? .nearest,
      rule: ResizeCoordinates.Rule(rawValue: rule) ?? .halfPixel,
      rounding: ResizeCoordinates.Rounding(rawValue: rounding) ?? .preferFloor,
      coefficient: try context.number("cubic_coeff_a", -0.75, in: -1e3...1e3),
      excludesOutside: try context.flag("exclude_outside"), antialiases: try context.flag("antialias"),
      outside: try context.number("extrapolation_value", 0))
    axes = try context.integers("axes")
    fixedScales = try context.numbers("scales")
    (scalesPlace, sizesPlace) = isOld ? (1, nil) : (2, 3)
  }

  func run(_ operands: inout NodeOperands) throws(OperatorProblem) -> [ONNXValue] {
    let axes = try geometry(operands)
    _ = try checkedShape(axes.map(\.outputs))
    if axes.contains(where: { $0.inputs == 0 || $0.outputs < 1 }) {
      throw OperatorProblem("of \(axes.map(\.inputs)) to \(axes.map(\.outputs))")
    }
    // The table of a resized axis is made when the file is read, too.
    let most = WindowAttributes.mostPixels
    if let wrong = axes.first(where: { !$0.isSame && max($0.inputs, $0.outputs) > most }) {
      throw OperatorProblem("of \(wrong.inputs) to \(wrong.outputs) pixels, at most \(most) are possible")
    }
    return [.tensor(try resized(try operands.take(0), axes))]
  }

  /// What becomes of each axis.
  private func geometry(_ operands: NodeOperands) throws(OperatorProblem) -> [ResizeCoordinates.Axis] {
    let shape = try operands.value(0).shape
    var result = shape.map { ResizeCoordinates.Axis(inputs: $0, outputs: $0, scale: 1) }
    var which = Array(shape.indices)
    if let axes {
      which = []
      for axis in axes { which.append(try resolvedAxis(axis, rank: shape.count)) }
    }
    if coordinates.rule == .crop { try takeParts(try operands.host(1).numbers, which, &result) }
    var given = fixedScales.map { $0.map(Double.init) }
    if let scales = operands[scalesPlace], !scales.shape.contains(0) { given = try operands.host(scalesPlace).numbers }
    if let given {
      if given.count != which.count { throw OperatorProblem("with \(given.count) scales for \(which.count) axes") }
      for (axis, scale) in zip(which, given) {
        guard scale > 0, scale < 1e6 else { throw OperatorProblem("by a scale of \(scale)") }
        let part = result[axis].part
        let size = (Double(shape[axis]) * (part.upperBound - part.lowerBound) * scale).rounded(.down)
        result[axis].scale = scale
        result[axis].outputs = Int(size)
      }
    } else if let sizesPlace {
      let sizes = try operands.host(sizesPlace).integers
      if sizes.count != which.count { throw OperatorProblem("to \(sizes) of \(which.count) axes") }
      let scales = zip(which, sizes).map { Double($1) / Double(max(1, shape[$0])) }
      let kept: Double? =
        switch policy {
        case .stretch: nil
        case .notLarger: scales.min()
        case .notSmaller: scales.max()
        }
      for (index, axis) in which.enumerated() {
        result[axis].scale = kept ?? scales[index]
        result[axis].outputs =
          kept.map { HostArray.whole(($0 * Double(shape[axis]) + 0.5).rounded(.down)) } ?? sizes[index]
      }
    }
    return result
  }

  /// The beginnings, then the ends.
  private func takeParts(
    _ bounds: [Double], _ which: [Int], _ axes: inout [ResizeCoordinates.Axis]
  ) throws(OperatorProblem) {
    if bounds.count != 2 * which.count { throw OperatorProblem("with \(bounds.count) bounds of \(which.count) axes") }
    for (index, axis) in which.enumerated() {
      let (first, last) = (bounds[index], bounds[index + which.count])
      guard first <= last, abs(first) < 1e3, abs(last) < 1e3 else {
        throw OperatorProblem("of the part from \(first) to \(last) of an axis")
      }
      axes[axis].part = first...last
    }
  }

  private func resized(_ x: LaidTensor, _ axes: [ResizeCoordinates.Axis]) throws(OperatorProblem) -> LaidTensor {
    let changed = axes.indices.filter { !axes[$0].isSame }
    if let filter = filter(axes), x.rank == 4, changed.allSatisfy({ $0 >= 2 }) {
      let order = LaidTensor.channelsLast(4)
      let y = resize2d(
        x.inOrder(order), height: axes[2].outputs, width: axes[3].outputs, filter: filter,
        alignCorners: coordinates.rule == .alignCorners && filter != .nearest)
      return LaidTensor(y, order: order)
    }
    var y = x
    for axis in changed {
      let sizes = axes[axis]
      if coordinates.mode == .nearest && coordinates.rule != .crop {
        y = MovementOperators.picked(y, axis, coordinates.nearest(sizes))
        continue
      }
      _ = try HostArray.count([sizes.inputs, sizes.outputs], limit: ResizeCoordinates.mostTerms)
      if coordinates.reach(sizes) * Double(sizes.outputs) > Double(ResizeCoordinates.mostTerms) {
        throw OperatorProblem("of \(sizes.inputs) to \(sizes.outputs) pixels by a scale of \(sizes.scale)")
      }
      let order = (y.order ?? Array(0..<y.rank)).filter { $0 != axis } + [axis]
      let rows = y.inOrder(order)
      let isVector = rows.rank == 1
      let product = linear(
        isVector ? rows.reshaped([1, sizes.inputs]) : rows, weight: coordinates.matrix(sizes),
        bias: coordinates.offset(sizes))
      y = LaidTensor(isVector ? product.reshaped([sizes.outputs]) : product, order: order)
    }
    return y
  }

  /// The filter of `resize2d` that does the same; `nil` if there is none.
  private func filter(_ axes: [ResizeCoordinates.Axis]) -> ResampleFilter? {
    if coordinates.rule == .crop { return nil }
    if coordinates.mode == .nearest {
      let isUsual = axes.allSatisfy { axis in
        coordinates.nearest(axis).enumerated().allSatisfy { output, place in
          place == min(axis.inputs - 1, output * axis.inputs / axis.outputs)
        }
      }
      return isUsual ? .nearest : nil
    }
    // Its ratios are those of the sizes.
    let isExact = axes.allSatisfy { Double($0.outputs) == Double($0.inputs) * $0.scale }
    let isAveraging = coordinates.antialiases && axes.contains { $0.outputs < $0.inputs }
    let isPlain =
      [.halfPixel, .alignCorners].contains(coordinates.rule)
      || (coordinates.rule == .torchHalfPixel && !axes.contains { $0.outputs == 1 && $0.inputs != 1 })
    guard isExact && isPlain && !isAveraging && !coordinates.excludesOutside else { return nil }
    return coordinates.mode == .linear ? .bilinear : coordinates.coefficient == -0.75 ? .bicubic : nil
  }
}
