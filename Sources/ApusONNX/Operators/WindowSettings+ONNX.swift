import Apus

/// The attributes that convolutions and poolings share: of images `[N, C, H, W]` in the file, or of rows `[N, C, L]`, which are images
/// of height 1 here.
struct WindowAttributes {
  enum Padding {
    case explicit(ImageEdges)
    /// As many that the output has ⌈size / stride⌉ elements; an odd one before or behind.
    case same(before: Bool)
  }

  let stride: IntOrPair
  let dilation: IntOrPair
  let padding: Padding
  /// Spatial axes in the file.
  let axes: Int

  init(_ context: NodeContext, axes: Int, strideOfKernel kernel: IntOrPair? = nil) throws(FileError) {
    if axes != 1 && axes != 2 { throw context.problem("\(axes) spatial axes", "one or two") }
    self.axes = axes
    stride = try WindowAttributes.pair("strides", context, axes) ?? 1
    dilation = try WindowAttributes.pair("dilations", context, axes) ?? 1
    switch try context.text("auto_pad", "NOTSET", of: ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"]) {
    case "SAME_UPPER": padding = .same(before: false)
    case "SAME_LOWER": padding = .same(before: true)
    case "VALID": padding = .explicit(.none)
    default:
      let pads = try context.integers("pads") ?? Array(repeating: 0, count: 2 * axes)
      if pads.count != 2 * axes { throw context.problem("\(pads.count) pads", "\(2 * axes)") }
      if let wrong = pads.first(where: { $0 < 0 || $0 > WindowAttributes.mostPixels }) {
        throw context.problem("a pad of \(wrong)", "0...\(WindowAttributes.mostPixels)")
      }
      padding = .explicit(
        axes == 2
          ? ImageEdges(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3])
          : ImageEdges(top: 0, left: pads[0], bottom: 0, right: pads[1]))
    }
  }

  /// More than any image has, and little enough that sums of such numbers stay far from 63 bits.
  static let mostPixels = 1 << 20

  /// A list of one number per spatial axis, at least 1 each.
  static func pair(_ name: String, _ context: NodeContext, _ axes: Int) throws(FileError) -> IntOrPair? {
    guard let values = try context.integers(name) else { return nil }
    if values.count != axes { throw context.problem("\(values.count) \(name)", "\(axes)") }
    if let wrong = values.first(where: { $0 < 1 || $0 > mostPixels }) {
      throw context.problem("\(wrong) in \(name)", "1...\(mostPixels)")
    }
    return axes == 2 ? IntOrPair(values[0], values[1]) : IntOrPair(1, values[0])
  }

  /// Pixels around an image.
  func edges(_ image: IntOrPair, kernel: IntOrPair) -> ImageEdges {
    switch padding {
    case .explicit(let edges): return edges
    case .same(let isBefore):
      let edges = Apus.Padding.same.resolved(input: image, kernel: kernel, stride: stride, dilation: dilation)
      return isBefore
        ? ImageEdges(top: edges.bottom, left: edges.right, bottom: edges.top, right: edges.left) : edges
    }
  }

  /// [N, H, W, C] of a value in the file's shape.
  func images(_ x: LaidTensor) throws(OperatorProblem) -> Tensor {
    if x.rank != axes + 2 { throw OperatorProblem("expects \(axes + 2) axes, input is \(x.shape)") }
    let y = x.inOrder(LaidTensor.channelsLast(axes + 2))
    return axes == 2 ? y : y.reshaped([y.shape[0], 1, y.shape[1], y.shape[2]])
  }

  /// A value in the file's shape of [N, H, W, C].
  func value(_ y: Tensor) -> ONNXValue {
    let y = axes == 2 ? y : y.reshaped([y.shape[0], y.shape[2], y.shape[3]])
    return .tensor(LaidTensor(y, order: LaidTensor.channelsLast(axes + 2)))
  }
}

extension ImageEdges {
  var asPadding: Padding { .explicit(top: top, left: left, bottom: bottom, right: right) }
}
