import CApus

/// Channels moved by a pixel: y, x. Backward: dx, dy.
package struct Shift2DKernel: Kernel {
  private let shape: apus_shift2d

  package init(_ x: Shape, isBackward: Bool = false) {
    shape = apus_shift2d(
      batch: Int64(x[0]), height: Int64(x[1]), width: Int64(x[2]), channels: Int64(x[3]), backward: isBackward ? 1 : 0)
  }

  package var name: String { "shift" }

  package func run(_ memory: Operands<Float>) {
    withUnsafePointer(to: shape) { apus_shift2d_f32($0, memory[1], memory[0]) }
  }

  package func reference(_ memory: Operands<Double>) {
    withUnsafePointer(to: shape) { apus_shift2d_f64($0, memory[1], memory[0]) }
  }
}

extension Kernels {
  package static func shift2d(_ x: Tensor, isBackward: Bool = false) -> Tensor {
    x.settle()
    return Shift2DKernel(x.shape, isBackward: isBackward).making(x.shape, x.scalarType, x.body.storage)
  }
}
