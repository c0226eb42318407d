import Apus

/// Pooling, reductions, patches and resampling.
extension ONNXExporter {
  /// Ceil mode is padding here already. ONNX pads with −∞: padding never wins.
  mutating func maxPool(_ pool: Graph.Pool) throws {
    finish(emit("MaxPool", [try tensor(node.inputs[0], .channelsFirst)], attributes(pool)), .channelsFirst)
  }

  mutating func averagePool(_ pool: Graph.Pool) throws {
    finish(
      emit(
        "AveragePool", [try tensor(node.inputs[0], .channelsFirst)],
        [("count_include_pad", .integer(pool.countsPadding ? 1 : 0))] + attributes(pool)), .channelsFirst)
  }

  private func attributes(_ pool: Graph.Pool) -> ONNXFile.Attributes {
    [
      ("kernel_shape", .integers(pool.kernel.list)), ("pads", .integers(pool.padding.pads)),
      ("strides", .integers(pool.stride.list)),
    ]
  }

  /// A plain average pooling where cells do not overlap.
  mutating func adaptiveAveragePool() throws {
    let (input, output) = (shape(node.inputs[0]), shape(node.output))
    let x = try tensor(node.inputs[0], .channelsFirst)
    if output[1] == 1 && output[2] == 1 { return finish(emit("GlobalAveragePool", [x]), .channelsFirst) }
    if input[1] % output[1] == 0 && input[2] % output[2] == 0 {
      let cell = [input[1] / output[1], input[2] / output[2]]
      return finish(
        emit("AveragePool", [x], [("kernel_shape", .integers(cell)), ("strides", .integers(cell))]), .channelsFirst)
    }
    finish(
      resampled(
        x, rows: ONNXExporter.matrix(.cells(output[1], of: input[1])),
        columns: ONNXExporter.matrix(.cells(output[2], of: input[2]))),
      .channelsFirst)
  }

  /// `Resize` by whole factors; anything else, which it would have to know the batch's size for, as two matrix products.
  mutating func resize(_ resize: Graph.Resize) throws {
    let (input, output) = (shape(node.inputs[0]), shape(node.output))
    let x = try tensor(node.inputs[0], .channelsFirst)
    let modes: [ResampleFilter: String] = [
      .nearest: "nearest", .box: "nearest", .bilinear: "linear", .bicubic: "cubic",
    ]
    guard !resize.antialias, let mode = modes[resize.filter], output[1] % input[1] == 0, output[2] % input[2] == 0
    else {
      let matrices = [1, 2].map { axis in
        ONNXExporter.matrix(
          ResampleTable(
            from: input[axis], to: output[axis], filter: resize.filter, antialias: resize.antialias,
            alignCorners: resize.alignCorners))
      }
      return finish(resampled(x, rows: matrices[0], columns: matrices[1]), .channelsFirst)
    }
    let scales = floats(
      Tensor([1, 1, Float(output[1] / input[1]), Float(output[2] / input[2])], shape: [4]), role: "scales")
    var attributes: ONNXFile.Attributes = [
      (
        "coordinate_transformation_mode",
        .text(mode == "nearest" ? "asymmetric" : resize.alignCorners ? "align_corners" : "half_pixel")
      ),
      ("mode", .text(mode)),
    ]
    if mode == "nearest" { attributes.append(("nearest_mode", .text("floor"))) }
    if mode == "cubic" { attributes.append(("cubic_coeff_a", .number(-0.75))) }
    finish(emit("Resize", [x, "", scales], attributes), .channelsFirst)
  }

  /// [outputs, inputs]
  private static func matrix(_ table: ResampleTable) -> Tensor {
    Tensor(shape: [table.outputs, table.inputs], of: Float.self) { buffer in
      buffer.initialize(repeating: 0)
      for output in 0..<table.outputs {
        for tap in 0..<table.taps where table.weights[output * table.taps + tap] != 0 {
          buffer[output * table.inputs + Int(table.first[output]) + tap] =
            Float(table.weights[output * table.taps + tap])
        }
      }
    }
  }

  /// rows · x · columnsᵀ of each channel, both matrices [outputs, inputs].
  private mutating func resampled(_ x: String, rows: Tensor, columns: Tensor) -> String {
    let (input, output) = (shape(node.inputs[0]), shape(node.output))
    var y = x
    if input[1] != output[1] { y = emit("MatMul", [floats(rows, role: "rows"), y]) }
    if input[2] != output[2] { y = emit("MatMul", [y, floats(columns.transposed(), role: "columns")]) }
    return y
  }

  mutating func reduce(_ reduction: Graph.Reduction, _ axes: [Int], _ keepsAxes: Bool) throws {
    let x = node.inputs[0]
    if shape(x).count == 4, axes == [1, 2], reduction == .mean || reduction == .max {
      let pooled = emit(
        reduction == .mean ? "GlobalAveragePool" : "GlobalMaxPool", [try tensor(x, .channelsFirst)])
      if keepsAxes { return finish(pooled, .channelsFirst) }
      return finish(emit("Flatten", [pooled], [("axis", .integer(1))]), .own)
    }
    // Without the reduced axes, the others must be in the library's order.
    let rest = ONNXExporter.channelsFirst.filter { !axes.contains($0) }
    let layout: Layout =
      imageLayout(x) == .channelsFirst && (keepsAxes || rest == rest.sorted()) ? .channelsFirst : .own
    let places = axes.map { axis($0, layout) }.sorted()
    let keeps = (name: "keepdims", value: ONNXFile.Attribute.integer(keepsAxes ? 1 : 0))
    let input = try tensor(x, layout)
    let y: String
    switch reduction {
    case .sum: y = emit("ReduceSum", [input, integers(places)], [keeps])
    case .mean: y = emit("ReduceMean", [input], [("axes", .integers(places)), keeps])
    case .max: y = emit("ReduceMax", [input], [("axes", .integers(places)), keeps])
    case .min: y = emit("ReduceMin", [input], [("axes", .integers(places)), keeps])
    }
    finish(y, keepsAxes ? layout : .own)
  }

  /// A convolution whose filters pick one pixel of the window each.
  mutating func patches(_ patches: Graph.Patches) throws {
    let channels = shape(node.inputs[0])[3]
    let (height, width) = (patches.kernel.height, patches.kernel.width)
    let area = height * width
    let outputs = area * channels
    let filter = Tensor(shape: [outputs, channels, height, width], of: Float.self) { buffer in
      buffer.initialize(repeating: 0)
      for place in 0..<area {
        for channel in 0..<channels {
          buffer[((place * channels + channel) * channels + channel) * area + place] = 1
        }
      }
    }
    let inputs = [try tensor(node.inputs[0], .channelsFirst), floats(filter, role: "window")]
    finish(
      emit(
        "Conv", inputs,
        [
          ("dilations", .integers(patches.dilation.list)), ("kernel_shape", .integers([height, width])),
          ("strides", .integers(patches.stride.list)),
        ]), .channelsFirst)
  }

  /// Over neighboring pieces of the channels: [N, pieces, C, …].
  mutating func maxout(_ pieces: Int) throws {
    let x = node.inputs[0]
    let layout = imageLayout(x)
    let size = sizes(node.output, layout)
    let channelAxis = axis(shape(x).count - 1, layout)
    let piece = TracedSize(traces: size[0].traces.map { _ in pieces })
    let split = try reshaped(try tensor(x, layout), to: size[..<channelAxis] + [piece] + size[channelAxis...])
    finish(
      emit("ReduceMax", [split], [("axes", .integers([channelAxis])), ("keepdims", .integer(0))]), layout)
  }
}
