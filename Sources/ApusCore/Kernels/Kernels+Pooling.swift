import CApus

/// Max pooling: y, x, and where it is wanted the mask of the maxima's positions. Backward: dx, dy, mask. Average pooling: y, x, and dx,
/// dy.
package struct PoolingKernel: Kernel {
  package enum Pass { case maximum, maximumBackward, average, averageBackward }

  private let pass: Pass
  private let plan: apus_pool2d_plan

  /// `x`: shape of the pooling's input, whatever the pass.
  package init(_ pass: Pass, _ x: Shape, _ settings: PoolingSettings) {
    var shape = apus_pool2d(
      batch: Int64(x[0]), height: Int64(x[1]), width: Int64(x[2]), channels: Int64(x[3]),
      kernel_h: Int64(settings.kernel.height), kernel_w: Int64(settings.kernel.width),
      stride_h: Int64(settings.stride.height), stride_w: Int64(settings.stride.width),
      pad_top: Int64(settings.padding.top), pad_left: Int64(settings.padding.left),
      pad_bottom: Int64(settings.padding.bottom), pad_right: Int64(settings.padding.right),
      count_excludes_padding: settings.countsPadding ? 0 : 1)
    var (plan, error) = (apus_pool2d_plan(), apus_error())
    if apus_pool2d_plan_make(&plan, &shape, &error) != APUS_OK { Kernels.failed("pooling", error) }
    (self.pass, self.plan) = (pass, plan)
  }

  package var name: String {
    switch pass {
    case .maximum, .maximumBackward: "max pooling"
    case .average, .averageBackward: "average pooling"
    }
  }
  /// Of y.
  var output: Shape { [Int(plan.shape.batch), Int(plan.out_h), Int(plan.out_w), Int(plan.shape.channels)] }
  /// A byte each, or four where windows have more than 256 positions.
  var maskType: ScalarType { plan.mask_bytes == 1 ? .uint8 : .int32 }

  package func run(_ memory: Operands<Float>) {
    withUnsafePointer(to: plan) { plan in
      switch pass {
      case .maximum: apus_max_pool2d_forward(plan, memory[1], memory[0], memory.raw(2))
      case .maximumBackward: apus_max_pool2d_backward(plan, memory[1], memory.raw(2), memory[0])
      case .average: apus_average_pool2d_forward(plan, memory[1], memory[0])
      case .averageBackward: apus_average_pool2d_backward(plan, memory[1], memory[0])
      }
    }
  }

  package func reference(_ memory: Operands<Double>) {
    withUnsafePointer(to: plan.shape) { shape in
      switch pass {
      case .maximum: apus_max_pool2d_forward_reference_f64(shape, memory[1], memory[0], memory.raw(2))
      case .maximumBackward: apus_max_pool2d_backward_reference_f64(shape, memory[1], memory.raw(2), memory[0])
      case .average: apus_average_pool2d_forward_reference_f64(shape, memory[1], memory[0])
      case .averageBackward: apus_average_pool2d_backward_reference_f64(shape, memory[1], memory[0])
      }
    }
  }

  /// The mask of a sample is of positions that every window has.
  package func work(_ byteCounts: [Int?]) -> PlannedWork {
    PlannedWork(key: "\(name) \(pass) \(plan.shape) \(byteCounts)") { _ in
      sampled(byteCounts, zeros: pass == .maximumBackward ? 2 : nil)
    }
  }
}

extension Kernels {
  /// The maxima and, where wanted, the mask of their positions.
  package static func maxPool(_ x: Tensor, _ settings: PoolingSettings, wantsMask: Bool) -> (y: Tensor, mask: Tensor?) {
    x.settle()
    let kernel = PoolingKernel(.maximum, x.shape, settings)
    let y = Tensor(uninitialized: kernel.output, x.scalarType)
    let mask = wantsMask ? Tensor(uninitialized: kernel.output, kernel.maskType) : nil
    kernel.launch(x.scalarType, y.body.storage, x.body.storage, mask?.body.storage)
    return (y, mask)
  }

  package static func maxPoolBackward(_ dy: Tensor, mask: Tensor, input: Shape, _ settings: PoolingSettings) -> Tensor {
    PoolingKernel(.maximumBackward, input, settings).making(
      input, dy.scalarType, dy.body.storage, mask.body.storage)
  }

  package static func averagePool(_ x: Tensor, _ settings: PoolingSettings) -> Tensor {
    let kernel = PoolingKernel(.average, x.shape, settings)
    return kernel.making(kernel.output, x.scalarType, x.body.storage)
  }

  package static func averagePoolBackward(_ dy: Tensor, input: Shape, _ settings: PoolingSettings) -> Tensor {
    PoolingKernel(.averageBackward, input, settings).making(input, dy.scalarType, dy.body.storage)
  }
}
