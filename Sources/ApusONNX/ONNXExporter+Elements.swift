import Apus
import ApusCore

/// Operations element by element, and those that move elements.
extension ONNXExporter {
  mutating func activation(_ function: Graph.Activation) throws {
    let layout = layout(node.inputs[0])
    let x = try tensor(node.inputs[0], layout)
    finish(emit(function.onnx, of: x), layout)
  }

  private mutating func emit(_ form: ONNXForm, of x: String) -> String {
    switch form {
    case .x: return x
    case .number(let value): return number(value)
    case .apply(let name, let operands, let attributes):
      var names: [String] = []
      for operand in operands { names.append(emit(operand, of: x)) }
      return emit(name, names, attributes.map { ($0.0, .number($0.1)) })
    }
  }

  mutating func prelu() throws {
    let (x, slope) = (node.inputs[0], node.inputs[1])
    let layout = imageLayout(x)
    let name: String
    if shape(slope).elementCount > 1 && layout == .channelsFirst {
      let spread: Shape = [shape(slope)[0], 1, 1]
      name =
        isConstant(slope)
        ? try constant(slope, as: spread, role: "weight")
        : emit("Reshape", [try tensor(slope, .own), integers(Array(spread))])
    } else {
      name = try tensor(slope, .own, role: "weight")
    }
    finish(emit("PRelu", [try tensor(x, layout), name]), layout)
  }

  mutating func unary(_ operation: Graph.Unary) throws {
    let layout = layout(node.inputs[0])
    let x = try tensor(node.inputs[0], layout)
    let y =
      switch operation {
      case .negate: emit("Neg", [x])
      case .abs: emit("Abs", [x])
      case .exp: emit("Exp", [x])
      case .log: emit("Log", [x])
      case .sqrt: emit("Sqrt", [x])
      case .reciprocal: emit("Reciprocal", [x])
      case .square: emit("Mul", [x, x])
      case .sign: emit("Sign", [x])
      case .floor: emit("Floor", [x])
      case .ceil: emit("Ceil", [x])
      case .round: emit("Round", [x])
      case .erf: emit("Erf", [x])
      }
    finish(y, layout)
  }

  mutating func scale(_ factor: Double, _ offset: Double) throws {
    let layout = layout(node.inputs[0])
    var y = try tensor(node.inputs[0], layout)
    if factor != 1 || offset == 0 { y = emit("Mul", [y, number(factor)]) }
    if offset != 0 { y = emit("Add", [y, number(offset)]) }
    finish(y, layout)
  }

  /// Channels-first where both operands allow it: constants do, with axes of size 1 in front.
  mutating func binary(_ operation: Graph.Binary) throws {
    let operations: [Graph.Binary: String] = [
      .add: "Add", .subtract: "Sub", .multiply: "Mul", .divide: "Div", .maximum: "Max", .minimum: "Min", .power: "Pow",
    ]
    let (names, layout) = try operands()
    finish(emit(operations[operation]!, names), layout)
  }

  mutating func compare(_ function: ComparisonFunction) throws {
    let (names, layout) = try operands()
    let y =
      switch function {
      case .equal: emit("Equal", names)
      case .notEqual: emit("Not", [emit("Equal", names)])
      case .less: emit("Less", names)
      case .lessEqual: emit("LessOrEqual", names)
      case .greater: emit("Greater", names)
      case .greaterEqual: emit("GreaterOrEqual", names)
      }
    finish(y, layout)
  }

  mutating func select() throws {
    var (names, layout) = try operands()
    if isConstant(node.inputs[0]) { names[0] = cast(names[0], 9) }
    finish(emit("Where", names), layout)
  }

  /// Of element-wise operators: their names in one layout.
  private mutating func operands() throws -> (names: [String], layout: Layout) {
    let rank = shape(node.output).count
    let computed = node.inputs.filter { !isConstant($0) }
    let layout: Layout =
      rank == 4 && computed.allSatisfy({ shape($0).count == 4 })
        && computed.contains(where: { self.layout($0) == .channelsFirst }) ? .channelsFirst : .own
    var names: [String] = []
    for input in node.inputs {
      if layout == .channelsFirst, isConstant(input), shape(input).elementCount > 1 {
        let full = Shape([Int](repeating: 1, count: rank - shape(input).count) + shape(input))
        names.append(try constant(input, ONNXExporter.channelsFirst, as: full, role: "operand"))
      } else if isConstant(input) {
        names.append(try constant(input, role: "operand"))
      } else {
        names.append(try tensor(input, layout))
      }
    }
    return (names, layout)
  }

  mutating func softmax(_ operation: String) throws {
    let x = node.inputs[0]
    let layout = imageLayout(x)
    finish(
      emit(operation, [try tensor(x, layout)], [("axis", .integer(axis(shape(x).count - 1, layout)))]), layout)
  }

  // MARK: Movement

  /// Channels of zeros, which a residual network has for its shortcuts, are a Pad.
  mutating func concatenate(_ axis: Int) throws {
    let layout: Layout =
      node.inputs.contains(where: { !isConstant($0) && self.layout($0) == .channelsFirst }) ? .channelsFirst : .own
    let place = self.axis(axis, layout)
    let computed = node.inputs.filter { !isConstant($0) }
    if computed.count == 1,
      node.inputs.allSatisfy({ graph.constant($0).map(ONNXExporter.isZero) ?? true && isFixed($0, axes: [axis]) })
    {
      let index = node.inputs.firstIndex(of: computed[0])!
      let sizes = node.inputs.map { shape($0)[axis] }
      var pads = [Int](repeating: 0, count: 2 * shape(node.output).count)
      pads[place] = sizes[..<index].reduce(0, +)
      pads[pads.count / 2 + place] = sizes[(index + 1)...].reduce(0, +)
      return finish(emit("Pad", [try tensor(computed[0], layout), integers(pads)]), layout)
    }
    var names: [String] = []
    for input in node.inputs { names.append(try tensor(input, layout, role: "operand")) }
    finish(emit("Concat", names, [("axis", .integer(place))]), layout)
  }

  private static func isZero(_ tensor: Tensor) -> Bool {
    tensor.withUnsafeScalars(of: Float.self) { $0.allSatisfy { $0 == 0 } }
  }

  mutating func reshape() throws {
    let x = node.inputs[0]
    let (old, new) = (sizes(x, .own), sizes(node.output, .own))
    // An image as a row: the linear layer behind takes its rows in the file's order.
    if old.count == 4, new.count == 2, old[0] == new[0], layout(x) == .channelsFirst, isFixed(x, axes: 1..<4) {
      let row = emit("Flatten", [try tensor(x, .channelsFirst)], [("axis", .integer(1))])
      let size = shape(x)
      let isPixel = size[1] * size[2] == 1 || size[3] == 1
      return finish(row, isPixel ? .own : .flattened(height: size[1], width: size[2], channels: size[3]))
    }
    // A row as an image of one pixel.
    if old.count == 2, new.count == 4, new[0] == old[0], new[3] == old[1], isFixed(node.output, axes: 1..<3),
      shape(node.output)[1] == 1
    {
      let image = try reshaped(try tensor(x, .own), to: sizes(node.output, .channelsFirst))
      return finish(image, .channelsFirst)
    }
    finish(try reshaped(try tensor(x, .own), to: new), .own)
  }

  mutating func broadcast() throws {
    let x = node.inputs[0]
    let keepsRank = shape(x).count == shape(node.output).count
    let layout: Layout = keepsRank && imageLayout(x) == self.layout(x) ? self.layout(x) : .own
    finish(try expanded(x, layout), layout)
  }

  mutating func slice(_ axis: Int, _ start: Int, _ end: Int, _ step: Int) throws {
    let x = node.inputs[0]
    let layout = imageLayout(x)
    // −1 would be the last element; what is far below the first is cut to before it.
    var inputs = [
      try tensor(x, layout), integers([start]), integers([end < 0 ? -Int(Int32.max) : end]),
      integers([self.axis(axis, layout)]),
    ]
    if step != 1 { inputs.append(integers([step])) }
    var y = emit("Slice", inputs)
    if !isFixed(x, axes: [axis]), max(start, end) > 1 {
      // A Slice of fewer samples than it is of takes what there is; a Reshape to all sizes stops where the model would.
      guard isFixed(node.output, axes: shape(node.output).indices) else {
        throw unsupported(
          "of \(start) to \(end) of an axis that the batch decides, with another such axis: \(BatchTraces.advice)")
      }
      y = try reshaped(y, to: sizes(node.output, layout))
    }
    finish(y, layout)
  }

  mutating func pad(_ before: [Int], _ after: [Int], _ mode: PaddingMode) throws {
    if before.count == 4 { try requireFixedImages() }
    let layout = imageLayout(node.inputs[0])
    let order = layout == .channelsFirst ? ONNXExporter.channelsFirst : Array(before.indices)
    var inputs = [
      try tensor(node.inputs[0], layout), integers(order.map { before[$0] } + order.map { after[$0] }),
    ]
    let name: String
    switch mode {
    case .constant(let value):
      if value != 0 { inputs.append(number(value)) }
      name = "constant"
    case .reflect: name = "reflect"
    case .replicate: name = "edge"
    }
    finish(emit("Pad", inputs, name == "constant" ? [] : [("mode", .text(name))]), layout)
  }
}
