import ApusCore
import ApusSupport

/// Images read at places of a grid: x [N, H, W, C], grid [N, OH, OW, 2] → [N, OH, OW, C], as PyTorch's `grid_sample`. A place is
/// (horizontal, vertical), from −1 at the left and upper edge to 1 at the right and lower one. Spatial transformers, Jaderberg et al. 2015.
///
/// The gradient flows to the images and to the grid; to the grid not through `nearest`, nor where a place outside was moved to the
/// border.
///
/// - Parameters:
///   - filter: `bilinear`, the four pixels around a place by their distances, or `nearest`, halves to the even pixel. Others trap.
///   - padding: what is outside: `constant(0)`, or `replicate`, the nearest pixel. Others trap.
///   - alignCorners: whether the edges are the centers of the outermost pixels in place of their outer borders.
public func gridSample(
  _ x: Tensor, _ grid: Tensor, filter: ResampleFilter = .bilinear, padding: PaddingMode = .constant(0),
  alignCorners: Bool = false
) -> Tensor {
  if filter != .bilinear && filter != .nearest {
    fatalError("gridSample: filter \(filter), expected bilinear or nearest")
  }
  if padding != .constant(0) && padding != .replicate {
    fatalError("gridSample: padding \(padding), expected constant(0) or replicate")
  }
  if x.isPoisoned { return x }
  if grid.isPoisoned { return grid }
  let (x, grid) = (x.entering("GridSample"), grid.entering("GridSample"))
  guard x.rank == 4, grid.rank == 4, grid.shape[0] == x.shape[0], grid.shape[3] == 2 else {
    return shapeFailure(
      "GridSample", "expects [N, H, W, C] and a grid [N, OH, OW, 2], they are \(x.shape) and \(grid.shape)", input: x)
  }
  let settings = GridSettings(
    isNearest: filter == .nearest, atBorder: padding == .replicate, alignCorners: alignCorners)
  if settings.atBorder && (x.shape[1] == 0 || x.shape[2] == 0) {
    return shapeFailure("GridSample", "of the nearest pixel of images without pixels, \(x.shape)", input: x)
  }
  let tape = Tape.recording(x, grid)
  let y = Kernels.gridSample(x, grid, settings)
  if let tape {
    let (nodes, shape) = ((x.body.node, grid.body.node), x.shape)
    let (images, places) = (x.detached(), grid.detached())
    tape.record(y, nodes.0, nodes.1) { gradient, needs in
      (
        needs[0] ? Kernels.gridSampleBackward(shape, gradient: gradient, places, settings) : nil,
        needs[1] ? Kernels.gridSampleBackward(grid: places, gradient: gradient, images, settings) : nil
      )
    }
  }
  report("GridSample", y, from: [x, grid], as: .gridSample(settings), with: .init(fieldIsUnknown: true))
  return y
}
