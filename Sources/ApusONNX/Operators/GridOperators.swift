import Apus

/// GridSample and AffineGrid of images.
enum GridOperators {
  static let all: [String: OperatorMaker] = ["GridSample": gridSamples, "AffineGrid": affineGrid]

  /// x [N, C, H, W], grid [N, OH, OW, 2] → [N, C, OH, OW].
  private static func gridSamples(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    // Called bilinear before set 20.
    let mode = try context.text("mode", "linear", of: ["linear", "bilinear", "nearest"])
    let padding = try context.text("padding_mode", "zeros", of: ["zeros", "border"])
    let alignCorners = try context.flag("align_corners")
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let (x, grid) = (try operands.take(0), try operands.take(1))
      guard x.rank == 4, grid.rank == 4, grid.shape[0] == x.shape[0], grid.shape[3] == 2 else {
        throw OperatorProblem("takes [N, C, H, W] and [N, OH, OW, 2], the shapes are \(x.shape) and \(grid.shape)")
      }
      if padding == "border", x.shape.contains(0) { throw OperatorProblem("of the border of \(x.shape)") }
      let order = LaidTensor.channelsLast(4)
      let y = gridSample(
        x.inOrder(order), grid.plain, filter: mode == "nearest" ? .nearest : .bilinear,
        padding: padding == "border" ? .replicate : .constant(0), alignCorners: alignCorners)
      return [.tensor(LaidTensor(y, order: order))]
    }
  }

  /// θ [N, 2, 3] and the sizes [N, C, H, W] → the places of the pixels [N, H, W, 2], each θ · (x, y, 1).
  private static func affineGrid(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let alignCorners = try context.flag("align_corners")
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let (theta, sizes) = (try operands.take(0), try operands.host(1).integers)
      guard theta.rank == 3, theta.shape[1...] == [2, 3], sizes.count == 4, sizes[0] == theta.shape[0] else {
        throw OperatorProblem("takes [N, 2, 3] and four sizes, they are \(theta.shape) and \(sizes)")
      }
      let (height, width) = (sizes[2], sizes[3])
      if height < 1 || width < 1 { throw OperatorProblem("of images of \(height)×\(width)") }
      _ = try HostArray.count([height, width, 3])
      func places(_ count: Int) -> [Float] {
        (0..<count).map { place in
          let step =
            alignCorners ? Double(2 * place) / Double(max(1, count - 1)) : Double(2 * place + 1) / Double(count)
          return alignCorners && count == 1 ? 0 : Float(step - 1)
        }
      }
      let (rows, columns) = (places(height), places(width))
      let base = Tensor(
        rows.flatMap { y in columns.flatMap { x in [x, y, 1] } }, shape: [1, height * width, 3])
      let y = matmul(
        base.broadcast(to: try checkedShape([sizes[0], height * width, 3])), theta.inOrder([0, 2, 1]))
      return [.tensor(LaidTensor(y.reshaped(Shape([sizes[0], height, width, 2]))))]
    }
  }
}
