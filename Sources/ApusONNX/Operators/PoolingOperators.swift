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
    if kind == .average && window.dilation != 1 {
      throw context.problem("a dilation of \(window.dilation)", "windows without holes")
    }
    if context.node.outputs.dropFirst().contains(where: { !$0.isEmpty }) {
      throw context.problem("places of the maxima as a second output", "the maxima alone")
    }
    ceilMode = try context.flag("ceil_mode")
    countsPadding = try context.flag("count_include_pad")
  }

  func run(_ operands: inout NodeOperands) throws(OperatorProblem) -> [ONNXValue] {
    let x = try window.images(try operands.take(0))
    let given = window.edges(IntOrPair(x.shape[1], x.shape[2]), kernel: kernel)
    var edges = given
    if ceilMode {
      let (rows, columns) = (reach(kernel.height, window.dilation.height), reach(kernel.width, window.dilation.width))
      edges.bottom = roundedUp(x.shape[1], rows, window.stride.height, given.top, given.bottom)
      edges.right = roundedUp(x.shape[2], columns, window.stride.width, given.left, given.right)
    }
    switch kind {
    case .maximum where window.dilation != 1: return [window.value(try largestWithHoles(x, edges))]
    case .maximum: return [window.value(maxPool2d(x, kernel: kernel, stride: window.stride, padding: edges.asPadding))]
    case .average:
      // What a last window has beyond the padding counts nowhere; so the padding is put around the image where it counts.
      guard ceilMode && countsPadding && edges != .none else {
        let y = averagePool2d(
          x, kernel: kernel, stride: window.stride, padding: edges.asPadding, countsPadding: countsPadding)
        return [window.value(y)]
      }
      let counted = ImageEdges(
        top: given.top, left: given.left, bottom: min(given.bottom, edges.bottom), right: min(given.right, edges.right))
      let rest = ImageEdges(top: 0, left: 0, bottom: edges.bottom - counted.bottom, right: edges.right - counted.right)
      let y = averagePool2d(
        x.padded([(0, 0), (counted.top, counted.bottom), (counted.left, counted.right), (0, 0)]), kernel: kernel,
        stride: window.stride, padding: rest.asPadding, countsPadding: false)
      return [window.value(y)]
    }
  }

  /// Pixels from the first to the last of a window.
  private func reach(_ kernel: Int, _ dilation: Int) -> Int { (kernel - 1) * dilation + 1 }

  /// The maxima of windows with holes, their pixels beside each other first.
  private func largestWithHoles(_ x: Tensor, _ edges: ImageEdges) throws(OperatorProblem) -> Tensor {
    let padded = x.padded(
      [(0, 0), (edges.top, edges.bottom), (edges.left, edges.right), (0, 0)], mode: .constant(-.infinity))
    let (height, width) = (reach(kernel.height, window.dilation.height), reach(kernel.width, window.dilation.width))
    if padded.shape[1] < height || padded.shape[2] < width || x.shape.contains(0) {
      throw OperatorProblem("of windows of \(height)×\(width) of the input \(x.shape) with padding \(edges)")
    }
    let rows = patches(padded, kernel: kernel, stride: window.stride, dilation: window.dilation)
    let apart = rows.reshaped([rows.shape[0], rows.shape[1], rows.shape[2], kernel.height * kernel.width, x.shape[3]])
    return apart.max(axes: [3])
  }

  /// The padding behind an axis with which the last window fits, whose number is rounded up; it begins in the image or in the padding
  /// before it.
  private func roundedUp(_ size: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ after: Int) -> Int {
    let span = size + before + after - kernel
    if span < 0 { return after }
    var windows = (span + stride - 1) / stride + 1
    if (windows - 1) * stride >= size + before { windows -= 1 }
    return max(0, (windows - 1) * stride + kernel - size - before)
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
