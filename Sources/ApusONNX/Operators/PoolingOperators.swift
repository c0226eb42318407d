import Apus

/// MaxPool and AveragePool: x [N, C, H, W] → [N, C, OH, OW].
final class PoolingOperator: ONNXOperator {
  enum Kind { case maximum, average }

  private let kind: Kind
  private let window: WindowAttributes
  private let kernel: IntOrPair
  private let ceilMode: Bool
  private let countsPadding: Bool

  init(_ kind: Kind, _ context: NodeContext) throws(FileError) {
    self.kind = kind
    guard let sizes = try context.integers("kernel_shape") else { throw context.problem("no kernel_shape", "one") }
    window = try WindowAttributes(context, axes: sizes.count)
    kernel = try WindowAttributes.pair("kernel_shape", context, sizes.count) ?? 1
    if window.dilation != 1 { throw context.problem("a dilation of \(window.dilation)", "windows without holes") }
    if context.node.outputs.dropFirst().contains(where: { !$0.isEmpty }) {
      throw context.problem("places of the maxima as a second output", "the maxima alone")
    }
    ceilMode = try context.flag("ceil_mode")
    countsPadding = try context.flag("count_include_pad")
  }

  func run(_ operands: inout Operands) throws(OperatorProblem) -> [ONNXValue] {
    let x = try window.images(try operands.take(0))
    let edges = window.edges(IntOrPair(x.shape[1], x.shape[2]), kernel: kernel)
    switch kind {
    case .maximum:
      let y = maxPool2d(x, kernel: kernel, stride: window.stride, padding: edges.asPadding, ceilMode: ceilMode)
      return [window.value(y)]
    case .average:
      // What a last window has beyond the padding counts nowhere; so the padding is put around the image where it counts.
      let isPadded = ceilMode && countsPadding && edges != .none
      let (top, left, bottom, right) = edges.tuple
      let image = isPadded ? x.padded([(0, 0), (top, bottom), (left, right), (0, 0)]) : x
      let y = averagePool2d(
        image, kernel: kernel, stride: window.stride, padding: isPadded ? .valid : edges.asPadding,
        countsPadding: countsPadding && !ceilMode, ceilMode: ceilMode)
      return [window.value(y)]
    }
  }
}

/// GlobalAveragePool and GlobalMaxPool: x [N, C, …] → [N, C, 1, …].
func globalPool(_ x: LaidTensor, maximum: Bool) throws(OperatorProblem) -> LaidTensor {
  if x.rank < 3 || x.shape.contains(0) {
    throw OperatorProblem("expects [N, C, H, W] with pixels, input is \(x.shape)")
  }
  let order = LaidTensor.channelsLast(x.rank)
  let images = x.inOrder(order)
  if x.rank == 4 {
    return LaidTensor(maximum ? globalMaxPool2d(images) : globalAveragePool2d(images), order: order)
  }
  let axes = Array(1..<x.rank - 1)
  return LaidTensor(
    maximum ? images.max(axes: axes, keepingAxes: true) : images.mean(axes: axes, keepingAxes: true), order: order)
}
