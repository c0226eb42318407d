import CApus

/// Forward: y, x, grid. Backward of data: dx, to which is added, dy, grid. Backward of the grid: dgrid, x, dy, grid.
package struct GridSampleKernel: Kernel {
  package enum Pass { case forward, backwardData, backwardGrid }

  private let pass: Pass
  private let sizes: apus_grid_sample

  package init(_ pass: Pass, _ x: Shape, _ grid: Shape, _ settings: GridSettings) {
    self.pass = pass
    sizes = apus_grid_sample(
      batch: Int64(x[0]), height: Int64(x[1]), width: Int64(x[2]), channels: Int64(x[3]), rows: Int64(grid[1]),
      columns: Int64(grid[2]), nearest: settings.isNearest ? 1 : 0, border: settings.atBorder ? 1 : 0,
      align_corners: settings.alignCorners ? 1 : 0)
  }

  package var name: String { "gridSample" }
  package var key: String { "\(pass) \(sizes)" }

  package func run(_ memory: Operands<Float>) {
    withUnsafePointer(to: sizes) { sizes in
      switch pass {
      case .forward: apus_grid_sample_f32(sizes, memory[1], memory[2], memory[0])
      case .backwardData: apus_grid_sample_backward_data_f32(sizes, memory[1], memory[2], memory[0])
      case .backwardGrid: apus_grid_sample_backward_grid_f32(sizes, memory[1], memory[2], memory[3], memory[0])
      }
    }
  }

  package func reference(_ memory: Operands<Double>) {
    withUnsafePointer(to: sizes) { sizes in
      switch pass {
      case .forward: apus_grid_sample_f64(sizes, memory[1], memory[2], memory[0])
      case .backwardData: apus_grid_sample_backward_data_f64(sizes, memory[1], memory[2], memory[0])
      case .backwardGrid: apus_grid_sample_backward_grid_f64(sizes, memory[1], memory[2], memory[3], memory[0])
      }
    }
  }
}

extension Kernels {
  package static func gridSample(_ x: Tensor, _ grid: Tensor, _ settings: GridSettings) -> Tensor {
    x.settle()
    grid.settle()
    return GridSampleKernel(.forward, x.shape, grid.shape, settings).making(
      [x.shape[0], grid.shape[1], grid.shape[2], x.shape[3]], x.scalarType, x.body.storage, grid.body.storage)
  }

  /// dx, of x's shape.
  package static func gridSampleBackward(_ x: Shape, gradient: Tensor, _ grid: Tensor, _ settings: GridSettings)
    -> Tensor
  {
    let dx = Tensor.zeros(x, gradient.scalarType)
    GridSampleKernel(.backwardData, x, grid.shape, settings).launch(
      gradient.scalarType, dx.body.storage, gradient.body.storage, grid.body.storage)
    return dx
  }

  /// The gradient of the grid.
  package static func gridSampleBackward(grid: Tensor, gradient: Tensor, _ x: Tensor, _ settings: GridSettings)
    -> Tensor
  {
    GridSampleKernel(.backwardGrid, x.shape, grid.shape, settings).making(
      grid.shape, grid.scalarType, x.body.storage, gradient.body.storage, grid.body.storage)
  }
}
