import Apus

/// Conv: x [N, C, H, W], weight [K, C / groups, KH, KW], bias [K].
final class ConvolutionOperator: ONNXOperator {
  private let window: WindowAttributes
  private let groups: Int
  /// [KH, KW, C / groups, K]
  private let weight: Parameter
  private let bias: Parameter?

  init(_ context: NodeContext) throws(FileError) {
    let axes = (context.constant(1)?.shape.count ?? 4) - 2
    window = try WindowAttributes(context, axes: axes)
    groups = try context.integer("group", 1, in: 1...Int(Int32.max))
    var turned = try context.weight(1, "a weight", rank: axes + 2).tensor
    if turned.elementCount == 0 || turned.shape[0] % groups != 0 {
      throw context.problem("a weight of shape \(turned.shape)", "\(groups) groups of filters")
    }
    if axes == 1 { turned = turned.reshaped([turned.shape[0], turned.shape[1], 1, turned.shape[2]]) }
    try checkKernel(context, IntOrPair(turned.shape[2], turned.shape[3]), axes)
    weight = Parameter(turned.transposed([2, 3, 1, 0]))
    bias = try biasParameter(context, channels: turned.shape[0])
  }

  var parts: [(name: String, part: Any)] { [("weight", weight)] + (bias.map { [("bias", $0)] } ?? []) }

  func run(_ operands: inout NodeOperands) throws(OperatorProblem) -> [ONNXValue] {
    let x = try window.images(try operands.take(0))
    let kernel = IntOrPair(weight.shape[0], weight.shape[1])
    let edges = window.edges(IntOrPair(x.shape[1], x.shape[2]), kernel: kernel)
    return [
      window.value(
        conv2d(
          x, weight: weight.value, bias: bias?.value, stride: window.stride, padding: edges.asPadding,
          dilation: window.dilation, groups: groups))
    ]
  }
}

/// ConvTranspose: x [N, C, H, W], weight [C, K / groups, KH, KW], bias [K].
final class TransposedConvolutionOperator: ONNXOperator {
  private let window: WindowAttributes
  private let groups: Int
  private let outputPadding: IntOrPair
  /// The output's height and width, where the file gives them.
  private let outputSize: IntOrPair?
  /// [KH, KW, K / groups, C]
  private let weight: Parameter
  private let bias: Parameter?

  init(_ context: NodeContext) throws(FileError) {
    let axes = (context.constant(1)?.shape.count ?? 4) - 2
    window = try WindowAttributes(context, axes: axes)
    groups = try context.integer("group", 1, in: 1...Int(Int32.max))
    let extra = try context.integers("output_padding") ?? Array(repeating: 0, count: axes)
    if extra.count != axes || extra.contains(where: { $0 < 0 || $0 > WindowAttributes.mostPixels }) {
      throw context.problem("output_padding = \(extra)", "\(axes) numbers of at least 0")
    }
    outputPadding = axes == 2 ? IntOrPair(extra[0], extra[1]) : IntOrPair(0, extra[0])
    outputSize = try WindowAttributes.pair("output_shape", context, axes)
    var turned = try context.weight(1, "a weight", rank: axes + 2).tensor
    if turned.elementCount == 0 || turned.shape[0] % groups != 0 {
      throw context.problem("a weight of shape \(turned.shape)", "\(groups) groups of filters")
    }
    if axes == 1 { turned = turned.reshaped([turned.shape[0], turned.shape[1], 1, turned.shape[2]]) }
    try checkKernel(context, IntOrPair(turned.shape[2], turned.shape[3]), axes)
    weight = Parameter(turned.transposed([2, 3, 1, 0]))
    bias = try biasParameter(context, channels: turned.shape[1] * groups)
  }

  var parts: [(name: String, part: Any)] { [("weight", weight)] + (bias.map { [("bias", $0)] } ?? []) }

  func run(_ operands: inout NodeOperands) throws(OperatorProblem) -> [ONNXValue] {
    let x = try window.images(try operands.take(0))
    let (edges, extra) = try settings(IntOrPair(x.shape[1], x.shape[2]))
    return [
      window.value(
        convTranspose2d(
          x, weight: weight.value, bias: bias?.value, stride: window.stride, padding: edges.asPadding,
          outputPadding: extra, dilation: window.dilation, groups: groups))
    ]
  }

  /// What is cut off around the result, and added behind it.
  private func settings(_ image: IntOrPair) throws(OperatorProblem) -> (ImageEdges, IntOrPair) {
    let automatic: Bool? = if case .same(let isBefore) = window.padding { isBefore } else { nil }
    if case .explicit(let edges) = window.padding, outputSize == nil { return (edges, outputPadding) }
    let target =
      outputSize ?? IntOrPair(image.height * window.stride.height, image.width * window.stride.width)
    func cut(_ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ extra: Int, _ target: Int)
      throws(OperatorProblem) -> (before: Int, after: Int, extra: Int)
    {
      let total = (size - 1) * stride + extra + dilation * (kernel - 1) + 1 - target
      if total < 0 { return (0, 0, extra - total) }
      return automatic == false ? (total / 2, total - total / 2, extra) : (total - total / 2, total / 2, extra)
    }
    let rows = try cut(
      image.height, weight.shape[0], window.stride.height, window.dilation.height, outputPadding.height, target.height)
    let columns = try cut(
      image.width, weight.shape[1], window.stride.width, window.dilation.width, outputPadding.width, target.width)
    return (
      ImageEdges(top: rows.before, left: columns.before, bottom: rows.after, right: columns.after),
      IntOrPair(rows.extra, columns.extra)
    )
  }
}

/// The file may say the kernel's size beside the weight that has it.
private func checkKernel(_ context: NodeContext, _ kernel: IntOrPair, _ axes: Int) throws(FileError) {
  guard let stated = try WindowAttributes.pair("kernel_shape", context, axes), stated != kernel else { return }
  throw context.problem("a kernel of \(stated) and a weight of \(kernel)", "the same size")
}

private func biasParameter(_ context: NodeContext, channels: Int) throws(FileError) -> Parameter? {
  if !context.has(2) { return nil }
  let bias = try context.weight(2, "a bias", rank: 1).tensor
  if bias.shape != [channels] { throw context.problem("a bias of shape \(bias.shape)", "[\(channels)]") }
  return Parameter(bias)
}
