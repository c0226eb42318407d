import ApusCore
import ApusLayers

/// Which kernels a node is.
extension Lowering {
  mutating func lower(_ fused: FusedNode) throws {
    begin(fused)
    let node = fused.node
    switch node.operation {
    case .convolution, .linear: try lowerProduct(fused)
    case .transposedConvolution(let convolution):
      let kernel = Kernels.preparedTransposedConvolution(
        shape(node.output), try constant(node.inputs[1]), convolution.geometry)
      emit(kernel, [source(node.inputs[0])], making: node.output)
    case .matrixProduct(let precision):
      emit(
        Kernels.preparedMatrixProduct(shape(node.inputs[0]), shape(node.inputs[1]), precision: precision),
        node.inputs.map(source), making: node.output)
    case .batchNorm, .groupNorm, .layerNorm: try lowerNormalization(fused)
    case .localResponseNorm(let size, let alpha, let beta, let k):
      let (rows, channels) = Kernels.rowsAndColumns(shape(node.output))
      let kernel = Kernels.preparedLocalResponseNorm(
        rows: Int(rows), channels: Int(channels), ResponseWindow(size: size, alpha: alpha, beta: beta, k: k))
      emit(kernel, [source(node.inputs[0])], making: node.output)
    case .reduce(let reduction, let axes, _): lowerReduction(node, reduction, axes)
    case .resize(let resize):
      lowerResampling(node) { size, target in
        ResampleTable(
          from: size, to: target, filter: resize.filter, antialias: resize.antialias, alignCorners: resize.alignCorners)
      }
    case .adaptiveAveragePool: lowerResampling(node) { size, target in .cells(target, of: size) }
    case .concatenate: lowerConcatenation(node)
    case .reshape: made(node.output, at: source(node.inputs[0]))
    default: lowerMap(node)
    }
  }

  // MARK: Products

  private mutating func lowerProduct(_ fused: FusedNode) throws {
    let node = fused.node
    let weight = try constant(node.inputs[1])
    let bias = node.inputs.count > 2 ? try constant(node.inputs[2]) : nil
    guard case .convolution(let convolution) = node.operation else {
      guard case .linear(let precision) = node.operation else { fatalError("\(node.operation.name) is not a product") }
      let kernel = Kernels.preparedMatrixProduct(
        shape(node.inputs[0]), weight.shape, bias: bias, relu: fused.relu, precision: precision)
      emit(kernel, [source(node.inputs[0]), .constant(weight)], making: fused.output)
      return
    }
    var epilogue = Kernels.PreparedEpilogue(bias: bias, hasResidual: fused.residual != nil, relu: fused.relu)
    if let norm = fused.norm { epilogue.norm = try foldedNorm(norm) }
    let kernel = Kernels.preparedConvolution(shape(node.inputs[0]), weight, convolution.geometry, epilogue)
    let inputs = [source(node.inputs[0])] + (fused.residual.map { [source($0)] } ?? [])
    emit(kernel, inputs, making: fused.output, mayOverwrite: fused.residual == nil ? [] : [1])
  }

  /// A batch norm's four constants as they are applied, by the kernels that the layer uses.
  private func foldedNorm(_ norm: Graph.Node) throws -> FoldedNorm {
    guard case .batchNorm(let epsilon) = norm.operation else {
      fatalError("\(norm.operation.name) is not a batch norm")
    }
    let statistics = Kernels.constantStatistics(
      mean: try constant(norm.inputs[3]), variance: try constant(norm.inputs[4]), epsilon: epsilon)
    return Kernels.fold(statistics, gamma: try constant(norm.inputs[1]), beta: try constant(norm.inputs[2]))
  }

  // MARK: Normalization

  private mutating func lowerNormalization(_ fused: FusedNode) throws {
    let node = fused.node
    let x = shape(node.inputs[0])
    let inputs = [source(node.inputs[0])] + (fused.residual.map { [source($0)] } ?? [])
    let kernel: Kernels.Prepared
    let hasResidual = fused.residual != nil
    switch node.operation {
    case .groupNorm(let groups, let epsilon):
      let view = GroupView(
        batch: x[0], positions: x.dropFirst().dropLast().reduce(1, *), channels: x[x.count - 1], groups: groups,
        epsilon: epsilon)
      kernel = Kernels.preparedGroupNorm(
        view, gamma: try constant(node.inputs[1]), beta: try constant(node.inputs[2]), hasResidual: hasResidual,
        relu: fused.relu)
    case .layerNorm(let axes, let epsilon):
      let size = x.suffix(axes).reduce(1, *)
      let view = GroupView(batch: x.elementCount / size, positions: 1, channels: size, groups: 1, epsilon: epsilon)
      kernel = Kernels.preparedGroupNorm(
        view, gamma: try constant(node.inputs[1]), beta: try constant(node.inputs[2]), hasResidual: hasResidual,
        relu: fused.relu)
    default:
      kernel = Kernels.preparedNormalization(
        count: x.elementCount, try foldedNorm(node), hasResidual: hasResidual, relu: fused.relu)
    }
    emit(kernel, inputs, making: fused.output, mayOverwrite: [0])
  }

  // MARK: Several kernels

  /// Runs of neighboring axes one after the other, the innermost first, as the tensor's operation does it; a mean divides the sum.
  private mutating func lowerReduction(_ node: Graph.Node, _ reduction: Graph.Reduction, _ axes: [Int]) {
    var x = shape(node.inputs[0])
    let count = axes.reduce(1) { $0 * x[$1] }
    let operation: Kernels.Reduction =
      switch reduction {
      case .sum, .mean: .sum
      case .max: .max
      case .min: .min
      }
    var (from, rest) = (source(node.inputs[0]), axes[...])
    while let last = rest.popLast() {
      var first = last
      while let next = rest.last, next == first - 1 {
        first = next
        rest.removeLast()
      }
      let kernel = Kernels.preparedReduction(operation, x, axes: first..<last + 1)
      for axis in first...last { x[axis] = 1 }
      let slot = add(elements: x.elementCount)
      emit(kernel, [from], to: slot, shape: x)
      from = .slot(slot)
    }
    if reduction == .mean {
      let slot = add(elements: x.elementCount)
      let divisor = Tensor.full([], Double(count))
      emit(
        Kernels.preparedBinary(.divide, x, [], to: x), [from, .constant(divisor)], to: slot, shape: x, mayOverwrite: [0]
      )
      from = .slot(slot)
    }
    made(node.output, at: from)
  }

  /// Along each axis whose size changes, by a table.
  private mutating func lowerResampling(_ node: Graph.Node, _ table: (_ from: Int, _ to: Int) -> ResampleTable) {
    var (x, from) = (shape(node.inputs[0]), source(node.inputs[0]))
    let target = shape(node.output)
    for axis in [1, 2] where x[axis] != target[axis] {
      let kernel = Kernels.preparedResampling(x, axis: axis, table(x[axis], target[axis]))
      x[axis] = target[axis]
      let slot = add(elements: x.elementCount)
      emit(kernel, [from], to: slot, shape: x)
      from = .slot(slot)
    }
    made(node.output, at: from)
  }

  // MARK: One kernel

  private mutating func lowerMap(_ node: Graph.Node) {
    let (x, y) = (shape(node.inputs[0]), shape(node.output))
    let count = y.elementCount
    var mayOverwrite: [Int] = []
    let kernel: Kernels.Prepared
    switch node.operation {
    case .activation(let function): (kernel, mayOverwrite) = (Kernels.preparedActivation(function, count: count), [0])
    case .prelu:
      let slopes = shape(node.inputs[1]).elementCount
      (kernel, mayOverwrite) = (Kernels.preparedPReLU(count: count, slopes: slopes), [0])
    case .unary(let operation): (kernel, mayOverwrite) = (Kernels.preparedUnary(operation, count: count), [0])
    case .scale(let factor, let offset):
      (kernel, mayOverwrite) = (Kernels.preparedScale(by: factor, plus: offset, count: count), [0])
    case .binary(let operation):
      kernel = Kernels.preparedBinary(operation, x, shape(node.inputs[1]), to: y)
      mayOverwrite = [0, 1].filter { shape(node.inputs[$0]) == y }
    case .softmax, .logSoftmax: kernel = Kernels.preparedSoftmax(y, logarithm: node.operation == .logSoftmax)
    case .maxout(let pieces): kernel = Kernels.preparedMaxout(y, pieces: pieces)
    case .maxPool(let pool): kernel = Kernels.preparedPool(x, pool.geometry, takesMaximum: true)
    case .averagePool(let pool): kernel = Kernels.preparedPool(x, pool.geometry, takesMaximum: false)
    case .transpose(let order):
      let strides = x.contiguousStrides
      kernel = Kernels.preparedGather(y, strides: order.map { strides[$0] })
    case .broadcast: kernel = Kernels.preparedGather(y, strides: x.broadcastStrides(to: y))
    case .slice(let axis, let start, _):
      let strides = x.contiguousStrides
      kernel = Kernels.preparedGather(y, strides: strides, offset: start * strides[axis])
    case .pad(let edges):
      lowerPadding(node, edges)
      return
    case .patches(let patches):
      let strides = x.contiguousStrides
      kernel = Kernels.preparedGather(
        [y[0], y[1], y[2], patches.kernel.height, patches.kernel.width, x[3]],
        strides: [
          strides[0], patches.stride.height * strides[1], patches.stride.width * strides[2],
          patches.dilation.height * strides[1], patches.dilation.width * strides[2], 1,
        ])
    default: fatalError("\(node.operation.name) is not an operation of one kernel")
    }
    emit(kernel, node.inputs.map(source), making: node.output, mayOverwrite: mayOverwrite)
  }

  private mutating func lowerPadding(_ node: Graph.Node, _ edges: Graph.Edges) {
    let (x, y) = (shape(node.inputs[0]), shape(node.output))
    let (slot, strides) = (add(elements: y.elementCount), y.contiguousStrides)
    emit(Kernels.preparedZeros(count: y.elementCount), [], to: slot, shape: y)
    emit(
      Kernels.preparedScatter(x, strides: strides, offset: edges.top * strides[1] + edges.left * strides[2]),
      [source(node.inputs[0])], to: slot, shape: y)
    made(node.output, at: .slot(slot))
  }
}
