import Apus

/// Convolutions, linear layers and normalizations.
extension ONNXExporter {
  mutating func convolution(_ geometry: Graph.Convolution) throws {
    let kernel = shape(node.inputs[1])
    var inputs = [try tensor(node.inputs[0], .channelsFirst), try filter(node.inputs[1])]
    if node.inputs.count > 2 { inputs.append(try tensor(node.inputs[2], .own, role: "bias")) }
    finish(
      emit("Conv", inputs, attributes(geometry, kernel) + [("pads", .integers(geometry.padding.pads))]), .channelsFirst)
  }

  /// The output's size follows from ours: what a plain transposed convolution lacks is `output_padding`.
  mutating func transposedConvolution(_ geometry: Graph.Convolution) throws {
    let (input, kernel, output) = (shape(node.inputs[0]), shape(node.inputs[1]), shape(node.output))
    let padding = geometry.padding
    func missing(_ axis: Int, _ stride: Int, _ dilation: Int, _ around: Int) -> Int {
      let window = dilation * (kernel[axis - 1] - 1) + 1
      let plain = (input[axis] - 1) * stride + window - around
      return output[axis] - plain
    }
    let outputPadding = [
      missing(1, geometry.stride.height, geometry.dilation.height, padding.top + padding.bottom),
      missing(2, geometry.stride.width, geometry.dilation.width, padding.left + padding.right),
    ]
    let inputs = [try tensor(node.inputs[0], .channelsFirst), try filter(node.inputs[1])]
    finish(
      emit(
        "ConvTranspose", inputs,
        attributes(geometry, kernel) + [
          ("output_padding", .integers(outputPadding)), ("pads", .integers(padding.pads)),
        ]), .channelsFirst)
  }

  private func attributes(_ geometry: Graph.Convolution, _ kernel: Shape) -> ONNXFile.Attributes {
    [
      ("dilations", .integers(geometry.dilation.list)), ("group", .integer(geometry.groups)),
      ("kernel_shape", .integers([kernel[0], kernel[1]])), ("strides", .integers(geometry.stride.list)),
    ]
  }

  /// [KH, KW, in, out] → [out, in, KH, KW]; also the weight of a transposed convolution.
  private mutating func filter(_ value: Graph.ValueID) throws -> String {
    let permutation = [3, 2, 0, 1]
    if isConstant(value) { return try constant(value, permutation, role: "weight") }
    return transpose(try tensor(value, .own), permutation)
  }

  /// As PyTorch writes it: weight [out, in]. Behind a flattening its columns are in the order (C, H, W).
  mutating func linear() throws {
    let (x, weight) = (node.inputs[0], node.inputs[1])
    var inputs: [String]
    var isTransposed = 1
    if case .flattened(let height, let width, let channels) = layout(x), isConstant(weight) {
      let outputs = shape(weight)[1]
      let filters: Shape = [height, width, channels, outputs]
      let written = [outputs, channels * height * width]
      let columns = try constant(weight, [3, 2, 0, 1], as: filters, writtenAs: written, role: "weight")
      inputs = [try tensor(x, layout(x)), columns]
    } else if isConstant(weight) {
      inputs = [try tensor(x, .own), try constant(weight, [1, 0], role: "weight")]
    } else {
      inputs = [try tensor(x, .own), try tensor(weight, .own)]
      isTransposed = 0
    }
    if node.inputs.count > 2 { inputs.append(try tensor(node.inputs[2], .own, role: "bias")) }
    finish(emit("Gemm", inputs, [("transB", .integer(isTransposed))]), .own)
  }

  /// Over channels; otherwise, per activation or of rows of rows, x is seen as rows.
  mutating func batchNorm(_ epsilon: Double) throws {
    let (x, elements) = (node.inputs[0], shape(node.inputs[1]).elementCount)
    var parameters: [String] = []
    for (input, role) in zip(node.inputs.dropFirst(), ["weight", "bias", "running_mean", "running_var"]) {
      parameters.append(try tensor(input, .own, role: role))
    }
    // The momentum has no meaning in inference; PyTorch's 0.1 is 0.9 here, which is the default.
    let attributes: ONNXFile.Attributes = [("epsilon", .number(epsilon))]
    let channels = shape(x)[shape(x).count - 1]
    if elements == channels && (shape(x).count == 4 || shape(x).count == 2) {
      let layout = imageLayout(x)
      finish(emit("BatchNormalization", [try tensor(x, layout)] + parameters, attributes), layout)
      return
    }
    let rows = emit("Reshape", [try tensor(x, .own), integers([-1, elements])])
    let normalized = emit("BatchNormalization", [rows] + parameters, attributes)
    finish(try reshaped(normalized, to: sizes(node.output, .own)), .own)
  }

  /// Instance norm over [N, groups, …], then a scale and a shift a channel.
  mutating func groupNorm(_ groups: Int, _ epsilon: Double) throws {
    let x = node.inputs[0]
    let (size, rank) = (shape(x), shape(x).count)
    let channels = size[rank - 1]
    let isImage = rank == 4
    // Channels go behind the batch axis.
    var forward = Array(0..<rank)
    forward.insert(forward.removeLast(), at: 1)
    let first = isImage || rank == 2 ? try tensor(x, imageLayout(x)) : transpose(try tensor(x, .own), forward)
    let attributes: ONNXFile.Attributes = [("epsilon", .number(epsilon))]
    var y: String
    if groups == channels && rank > 2 {
      let parameters = [
        try tensor(node.inputs[1], .own, role: "weight"), try tensor(node.inputs[2], .own, role: "bias"),
      ]
      y = emit("InstanceNormalization", [first] + parameters, attributes)
    } else {
      let grouped = emit("Reshape", [first, integers([0, groups, -1])])
      let (ones, zeros) = (
        floats(.ones([groups]), role: "group_scale"), floats(.zeros([groups]), role: "group_shift")
      )
      let normalized = emit("InstanceNormalization", [grouped, ones, zeros], attributes)
      let whole = sizes(x, .own)
      y = try reshaped(normalized, to: forward.map { whole[$0] })
      let spread: Shape = Shape([channels] + [Int](repeating: 1, count: rank - 2))
      y = emit("Mul", [y, try spreadConstant(node.inputs[1], spread, role: "weight")])
      y = emit("Add", [y, try spreadConstant(node.inputs[2], spread, role: "bias")])
    }
    if isImage || rank == 2 { return finish(y, imageLayout(x)) }
    var back = Array(0..<rank)
    back.append(back.remove(at: 1))
    finish(transpose(y, back), .own)
  }

  /// [C] seen as [C, 1, 1].
  private mutating func spreadConstant(_ value: Graph.ValueID, _ shape: Shape, role: String) throws -> String {
    if isConstant(value) { return try constant(value, as: shape, role: role) }
    return emit("Reshape", [try tensor(value, .own), integers(Array(shape))])
  }

  mutating func layerNorm(_ axes: Int, _ epsilon: Double) throws {
    let inputs = [
      try tensor(node.inputs[0], .own), try tensor(node.inputs[1], .own, role: "weight"),
      try tensor(node.inputs[2], .own, role: "bias"),
    ]
    finish(emit("LayerNormalization", inputs, [("axis", .integer(-axes)), ("epsilon", .number(epsilon))]), .own)
  }

  /// ONNX's window reaches further forward where its size is even, ours further back; runtimes take odd sizes only.
  mutating func localResponseNorm(_ size: Int, _ alpha: Double, _ beta: Double, _ k: Double) throws {
    let x = node.inputs[0]
    guard size % 2 == 1 else {
      throw unsupported("over \(size) channels cannot be written: ONNX has windows of an odd size")
    }
    guard shape(x).count == 4 else {
      throw unsupported("of \(shape(x)) cannot be written: ONNX has it for images")
    }
    finish(
      emit(
        "LRN", [try tensor(x, .channelsFirst)],
        [
          ("alpha", .number(alpha)), ("beta", .number(beta)), ("bias", .number(k)), ("size", .integer(size)),
        ]), .channelsFirst)
  }
}

extension Graph.Edges {
  /// ONNX's order.
  var pads: [Int] { [top, left, bottom, right] }
}

extension IntOrPair {
  var list: [Int] { [height, width] }
}
