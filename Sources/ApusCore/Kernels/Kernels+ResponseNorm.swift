import CApus

/// Local response norm over the last axis: y, x. Backward: dx, x, dy.
package struct ResponseNormKernel: Kernel {
  private let plan: apus_local_response_norm_plan
  private let window: ResponseWindow
  private let isBackward: Bool

  /// `shape`: of x, which has an element.
  package init(_ shape: Shape, _ window: ResponseWindow, isBackward: Bool = false) {
    let (rows, channels) = Kernels.rowsAndColumns(shape)
    var (plan, error) = (apus_local_response_norm_plan(), apus_error())
    let status = apus_local_response_norm_plan_make(
      &plan, rows, channels, Int64(window.size), Float(window.alpha), Float(window.beta), Float(window.k), &error)
    if status != APUS_OK { Kernels.failed("local response norm", error) }
    (self.plan, self.window, self.isBackward) = (plan, window, isBackward)
  }

  package var name: String { "local response norm" }
  package var key: String { "\(plan.channels) \(window) \(isBackward)" }
  package var scratchBytes: Int { plan.scratch_bytes }

  package func run(_ memory: Operands<Float>) {
    withUnsafePointer(to: plan) { plan in
      if isBackward {
        apus_local_response_norm_backward(plan, memory[1], memory[2], memory[0], memory.scratch)
      } else {
        apus_local_response_norm_forward(plan, memory[1], memory[0], memory.scratch)
      }
    }
  }

  package func reference(_ memory: Operands<Double>) {
    var norm = apus_local_response_norm(
      rows: plan.rows, channels: plan.channels, size: Int64(window.size), alpha: window.alpha, beta: window.beta,
      k: window.k)
    if isBackward {
      apus_local_response_norm_backward_reference_f64(&norm, memory[1], memory[2], memory[0])
    } else {
      apus_local_response_norm_forward_reference_f64(&norm, memory[1], memory[0])
    }
  }
}

extension Kernels {
  package static func localResponseNorm(_ x: Tensor, _ window: ResponseWindow) -> Tensor {
    x.settle()
    if x.elementCount == 0 { return Tensor(uninitialized: x.shape, x.scalarType) }
    return ResponseNormKernel(x.shape, window).making(x.shape, x.scalarType, x.body.storage)
  }

  package static func localResponseNormBackward(_ x: Tensor, gradient dy: Tensor, _ window: ResponseWindow) -> Tensor {
    if x.elementCount == 0 { return Tensor(uninitialized: x.shape, x.scalarType) }
    return ResponseNormKernel(x.shape, window, isBackward: true).making(
      x.shape, x.scalarType, x.body.storage, dy.body.storage)
  }
}
