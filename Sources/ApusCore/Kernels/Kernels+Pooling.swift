import CApus

extension Kernels {
  /// The maxima and, where wanted, the mask of their positions: a byte each, or four where windows have more than 256.
  package static func maxPool(_ x: Tensor, _ geometry: PoolingSettings, wantsMask: Bool) -> (y: Tensor, mask: Tensor?) {
    x.settle()
    let plan = plan(x.shape, geometry)
    let shape: Shape = [x.shape[0], Int(plan.out_h), Int(plan.out_w), x.shape[3]]
    let y = Tensor(uninitialized: shape, x.scalarType)
    let mask = wantsMask ? Tensor(uninitialized: shape, maskType(plan)) : nil
    if y.body.storage.isAbstract {
      planned(
        PlannedWork(key: "max pool \(x.shape) \(geometry) \(wantsMask)") { [shape = x.shape] _ in
          let x = sample(shape)
          return { _ = maxPool(x, geometry, wantsMask: wantsMask) }
        })
      return (y, mask)
    }
    withExtendedLifetime(x) {
      var plan = plan
      switch x.scalarType {
      case .float32: apus_max_pool2d_forward(&plan, x.floats, y.floats, mask?.body.storage.pointer)
      case .float64:
        apus_max_pool2d_forward_reference_f64(&plan.shape, x.doubles, y.doubles, mask?.body.storage.pointer)
      default: unsupported("max pooling", x.scalarType)
      }
    }
    return (y, mask)
  }

  package static func maxPoolBackward(_ dy: Tensor, mask: Tensor, input: Shape, _ geometry: PoolingSettings) -> Tensor {
    let dx = Tensor(uninitialized: input, dy.scalarType)
    if dx.body.storage.isAbstract {
      planned(
        PlannedWork(key: "max pool backward \(input) \(geometry)") { [output = dy.shape] _ in
          let (dy, mask) = (sample(output), sample(output, maskType(Kernels.plan(input, geometry))))
          return { _ = maxPoolBackward(dy, mask: mask, input: input, geometry) }
        })
      return dx
    }
    var plan = plan(input, geometry)
    withExtendedLifetime((dy, mask)) {
      if dy.scalarType == .float32 {
        apus_max_pool2d_backward(&plan, dy.floats, mask.body.storage.pointer, dx.floats)
      } else {
        apus_max_pool2d_backward_reference_f64(&plan.shape, dy.doubles, mask.body.storage.pointer, dx.doubles)
      }
    }
    return dx
  }

  package static func averagePool(_ x: Tensor, _ geometry: PoolingSettings) -> Tensor {
    x.settle()
    var plan = plan(x.shape, geometry)
    let y = Tensor(uninitialized: [x.shape[0], Int(plan.out_h), Int(plan.out_w), x.shape[3]], x.scalarType)
    if y.body.storage.isAbstract {
      planned(
        PlannedWork(key: "average pool \(x.shape) \(geometry)") { [shape = x.shape] _ in
          let x = sample(shape)
          return { _ = averagePool(x, geometry) }
        })
      return y
    }
    withExtendedLifetime(x) {
      switch x.scalarType {
      case .float32: apus_average_pool2d_forward(&plan, x.floats, y.floats)
      case .float64: apus_average_pool2d_forward_reference_f64(&plan.shape, x.doubles, y.doubles)
      default: unsupported("average pooling", x.scalarType)
      }
    }
    return y
  }

  package static func averagePoolBackward(_ dy: Tensor, input: Shape, _ geometry: PoolingSettings) -> Tensor {
    let dx = Tensor(uninitialized: input, dy.scalarType)
    if dx.body.storage.isAbstract {
      planned(
        PlannedWork(key: "average pool backward \(input) \(geometry)") { [output = dy.shape] _ in
          let dy = sample(output)
          return { _ = averagePoolBackward(dy, input: input, geometry) }
        })
      return dx
    }
    var plan = plan(input, geometry)
    withExtendedLifetime(dy) {
      if dy.scalarType == .float32 {
        apus_average_pool2d_backward(&plan, dy.floats, dx.floats)
      } else {
        apus_average_pool2d_backward_reference_f64(&plan.shape, dy.doubles, dx.doubles)
      }
    }
    return dx
  }

  private static func maskType(_ plan: apus_pool2d_plan) -> ScalarType { plan.mask_bytes == 1 ? .uint8 : .int32 }

  static func plan(_ input: Shape, _ geometry: PoolingSettings) -> apus_pool2d_plan {
    var shape = apus_pool2d(
      batch: Int64(input[0]), height: Int64(input[1]), width: Int64(input[2]), channels: Int64(input[3]),
      kernel_h: Int64(geometry.kernel.height), kernel_w: Int64(geometry.kernel.width),
      stride_h: Int64(geometry.stride.height), stride_w: Int64(geometry.stride.width),
      pad_top: Int64(geometry.padding.top), pad_left: Int64(geometry.padding.left),
      pad_bottom: Int64(geometry.padding.bottom), pad_right: Int64(geometry.padding.right),
      count_excludes_padding: geometry.countsPadding ? 0 : 1)
    var plan = apus_pool2d_plan()
    var error = apus_error()
    if apus_pool2d_plan_make(&plan, &shape, &error) != APUS_OK { failed("pooling", error) }
    return plan
  }
}
