import ApusCore
import ApusLayers
import ApusSupport

/// Which kernels a node is.
extension Lowering {
  mutating func lower(_ fused: FusedNode) throws {
    begin(fused)
    let node = fused.node
    switch node.operation {
    case .convolution, .linear: try lowerProduct(fused)
    case .transposedConvolution(let convolution):
      let weight = try constant(node.inputs[1])
      let kernel = ConvolutionKernel(
        .backwardData, shape(node.output), weight.shape, convolution, packsWeights: true)
      emit(kernel, [source(node.inputs[0])], weight, making: node.output)
    case .matrixProduct(let precision):
      emit(
        MatrixProductKernel(shape(node.inputs[0]), shape(node.inputs[1]), precision: precision),
        node.inputs.map(source) + [nil], making: node.output)
    case .batchNorm, .groupNorm, .layerNorm: try lowerNormalization(fused)
    case .localResponseNorm(let size, let alpha, let beta, let k):
      let kernel = ResponseNormKernel(
        shape(node.output), ResponseWindow(size: size, alpha: alpha, beta: beta, k: k))
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
    case .activation, .prelu, .unary, .scale, .binary, .softmax, .logSoftmax, .maxout, .maxPool, .averagePool,
      .transpose, .broadcast, .slice, .pad, .patches, .gather, .cumulativeSum, .order, .compare, .toFloat,
      .gridSample:
      lowerMap(node)
    case .scatterAdd(let axis): lowerScatterAdd(node, axis)
    case .select: lowerSelect(node)
    }
  }

  // MARK: Products

  private mutating func lowerProduct(_ fused: FusedNode) throws {
    let node = fused.node
    let weight = try constant(node.inputs[1])
    let bias = node.inputs.count > 2 ? try constant(node.inputs[2]) : nil
    guard case .convolution(let convolution) = node.operation else {
      guard case .linear(let precision) = node.operation else { fatalError("\(node.operation.name) is not a product") }
      let kernel = MatrixProductKernel(
        shape(node.inputs[0]), weight.shape, relu: fused.activation == .relu, precision: precision)
      emit(
        kernel, [source(node.inputs[0]), .constant(weight), bias.map(Source.constant)], making: fused.output)
      return
    }
    let kernel = ConvolutionKernel(
      .forward, shape(node.inputs[0]), weight.shape, convolution, activation: fused.activation, packsWeights: true)
    let norm = try fused.norm.map(foldedNorm)
    let after = [bias, norm?.mean, norm?.scale, norm?.shift].map { $0.map(Source.constant) }
    emit(
      kernel, [source(node.inputs[0])], weight, after + [fused.residual.map(source)], making: fused.output,
      mayOverwrite: fused.residual == nil ? [] : [6])
  }

  /// With weights, the second input, as the kernel takes them.
  private mutating func emit(
    _ kernel: ConvolutionKernel, _ x: [Source], _ weight: Tensor, _ after: [Source?] = [],
    making value: Graph.ValueID, mayOverwrite: [Int] = []
  ) {
    let packed = kernel.packed(weight)
    emit(
      kernel, x + [.constant(packed)] + after, making: value, mayOverwrite: mayOverwrite,
      packedBytes: packed.scalarType == .uint8 ? packed.elementCount : 0)
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
    let residual = fused.residual.map(source)
    guard let view = groupView(node.operation, x) else {
      let norm = try foldedNorm(node)
      let channels = norm.scale.elementCount
      let kernel = BatchNormKernel(
        .apply, rows: x.elementCount / channels, channels: channels, relu: fused.activation == .relu)
      emit(
        kernel,
        [source(node.inputs[0]), .constant(norm.mean), .constant(norm.scale), .constant(norm.shift), residual],
        making: fused.output, mayOverwrite: [0])
      return
    }
    let (gamma, beta) = (try constant(node.inputs[1]), try constant(node.inputs[2]))
    emit(
      GroupNormKernel(.forwardAlone, view, relu: fused.activation == .relu),
      [source(node.inputs[0]), .constant(gamma), .constant(beta), residual], making: fused.output, mayOverwrite: [0])
  }

  /// `nil` for a batch norm.
  private func groupView(_ operation: TensorOperation, _ x: Shape) -> GroupView? {
    switch operation {
    case .groupNorm(let groups, let epsilon):
      return GroupView(
        batch: x[0], positions: x.dropFirst().dropLast().reduce(1, *), channels: x[x.count - 1], groups: groups,
        epsilon: epsilon)
    case .layerNorm(let axes, let epsilon):
      let size = x.suffix(axes).reduce(1, *)
      return GroupView(batch: x.elementCount / size, positions: 1, channels: size, groups: 1, epsilon: epsilon)
    default: return nil
    }
  }

  // MARK: Several kernels

  /// Runs of neighboring axes one after the other, the innermost first, as the tensor's operation does it; a mean divides the sum.
  private mutating func lowerReduction(_ node: Graph.Node, _ reduction: Graph.Reduction, _ axes: [Int]) {
    var x = shape(node.inputs[0])
    let count = axes.reduce(1) { $0 * x[$1] }
    var (from, rest) = (source(node.inputs[0]), axes[...])
    while let last = rest.popLast() {
      var first = last
      while let next = rest.last, next == first - 1 {
        first = next
        rest.removeLast()
      }
      let kernel = ReductionKernel(reduction, x, axes: first..<last + 1)
      for axis in first...last { x[axis] = 1 }
      let slot = add(elements: x.elementCount)
      emit(kernel, [from], to: slot, shape: x)
      from = .slot(slot)
    }
    if reduction == .mean {
      let slot = add(elements: x.elementCount)
      let divisor = Tensor.full([], Double(count))
      emit(
        BinaryKernel(.divide, x, [], to: x), [from, .constant(divisor)], to: slot, shape: x, mayOverwrite: [0]
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
      let kernel = ResampleKernel(x, axis: axis, table(x[axis], target[axis]))
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
    let kernel: any Kernel
    switch node.operation {
    case .activation(let function): (kernel, mayOverwrite) = (MapKernel(.activation(function), count: count), [0])
    case .prelu:
      let slopes = shape(node.inputs[1]).elementCount
      (kernel, mayOverwrite) = (PReLUKernel(count: count, slopes: slopes), [0])
    case .unary(let operation): (kernel, mayOverwrite) = (MapKernel(.unary(operation), count: count), [0])
    case .scale(let factor, let offset):
      (kernel, mayOverwrite) = (MapKernel(.scale(factor: factor, offset: offset), count: count), [0])
    case .binary(let operation):
      kernel = BinaryKernel(operation, x, shape(node.inputs[1]), to: y)
      mayOverwrite = [0, 1].filter { shape(node.inputs[$0]) == y }
    case .softmax, .logSoftmax: kernel = SoftmaxKernel(y, logarithm: node.operation == .logSoftmax)
    case .maxout(let pieces): kernel = MaxoutKernel(y, pieces: pieces)
    case .maxPool(let pool): kernel = PoolingKernel(.maximum, x, pool)
    case .averagePool(let pool): kernel = PoolingKernel(.average, x, pool)
    case .transpose(let order):
      let strides = x.contiguousStrides
      kernel = CopyKernel(gathering: y, strides: order.map { strides[$0] })
    case .broadcast: kernel = CopyKernel(gathering: y, strides: x.broadcastStrides(to: y))
    case .slice(let axis, let start, _, let step):
      var strides = x.contiguousStrides
      let offset = start * strides[axis]
      if y[axis] > 1 { strides[axis] *= step }
      kernel = CopyKernel(gathering: y, strides: strides, offset: offset)
    case .pad(let before, let after, let mode):
      lowerPadding(node, before, after, mode)
      return
    case .patches(let patches):
      let strides = x.contiguousStrides
      kernel = CopyKernel(
        gathering: [y[0], y[1], y[2], patches.kernel.height, patches.kernel.width, x[3]],
        strides: [
          strides[0], patches.stride.height * strides[1], patches.stride.width * strides[2],
          patches.dilation.height * strides[1], patches.dilation.width * strides[2], 1,
        ])
    case .gather(let axis, let perElement):
      kernel = GatherKernel(x, axis: axis, shape(node.inputs[1]), perElement: perElement)
    case .cumulativeSum(let axis, let reversed): kernel = CumulativeSumKernel(x, axis: axis, reversed: reversed)
    case .order(let count, let descending): kernel = OrderKernel(x, count: count, descending: descending)
    case .compare(let function): kernel = ComparisonKernel(function, x, shape(node.inputs[1]), to: y)
    case .gridSample(let settings): kernel = GridSampleKernel(.forward, x, shape(node.inputs[1]), settings)
    case .toFloat: kernel = ToFloatKernel(graph.values[node.inputs[0]].scalarType, count: count)
    default: fatalError("\(node.operation.name) is not an operation of one kernel")
    }
    // Masks of maxima, which only gradients read, are left out.
    emit(kernel, node.inputs.map(source) + [nil], making: node.output, mayOverwrite: mayOverwrite)
  }

  /// A copy, to which the updates are added.
  private mutating func lowerScatterAdd(_ node: Graph.Node, _ axis: Int) {
    let y = shape(node.output)
    let slot = add(elements: y.elementCount)
    emit(CopyKernel(gathering: [y.elementCount], strides: [1]), [source(node.inputs[0])], to: slot, shape: y)
    emit(
      ScatterAddKernel(y, axis: axis, shape(node.inputs[1]), perElement: true),
      [source(node.inputs[2]), source(node.inputs[1])], to: slot, shape: y)
    made(node.output, at: .slot(slot))
  }

  /// What is smaller than the result is repeated first.
  private mutating func lowerSelect(_ node: Graph.Node) {
    let y = shape(node.output)
    var sources: [Source?] = []
    for (place, input) in node.inputs.enumerated() {
      if shape(input) == y {
        sources.append(source(input))
      } else {
        let slot = add(elements: y.elementCount)
        let strides = shape(input).broadcastStrides(to: y)
        emit(
          CopyKernel(gathering: y, strides: strides, ofBytes: place == 0), [source(input)], to: slot, shape: y)
        sources.append(.slot(slot))
      }
    }
    emit(SelectKernel(count: y.elementCount), sources, making: node.output)
  }

  /// The copies that the tensor's operation makes: of a number all axes at one time, else axis by axis.
  private mutating func lowerPadding(_ node: Graph.Node, _ before: [Int], _ after: [Int], _ mode: PaddingMode) {
    var (x, from) = (shape(node.inputs[0]), source(node.inputs[0]))
    if case .constant(let number) = mode {
      let y = shape(node.output)
      let slot = add(elements: y.elementCount)
      emit(FillKernel(number, count: y.elementCount), [], to: slot, shape: y)
      emit(CopyKernel(placing: x, in: y, at: before), [from], to: slot, shape: y)
      return made(node.output, at: .slot(slot))
    }
    for axis in x.indices where before[axis] + after[axis] > 0 {
      let padding = AxisPadding(x, axis: axis, before: before[axis], after: after[axis], mode)
      let slot = add(elements: padding.target.elementCount)
      emit(padding.middle, [from], to: slot, shape: padding.target)
      for strip in padding.strips {
        let part = add(elements: strip.shape.elementCount)
        emit(strip.read, [from], to: part, shape: strip.shape)
        emit(strip.written, [.slot(part)], to: slot, shape: padding.target)
      }
      (x, from) = (padding.target, .slot(slot))
    }
    made(node.output, at: from)
  }
}
