import CApus

extension Kernels {
  /// What convolution does to each sum: + bias, (− mean) · scale + shift, + residual, ReLU.
  package struct Epilogue {
    var bias: Tensor?
    var norm: FoldedNorm?
    var residual: Tensor?
    var relu = false

    package init(bias: Tensor? = nil, norm: FoldedNorm? = nil, residual: Tensor? = nil, relu: Bool = false) {
      self.bias = bias
      self.norm = norm
      self.residual = residual
      self.relu = relu
    }
  }

  package static func convolution(_ x: Tensor, _ w: Tensor, _ geometry: ConvolutionSettings, _ epilogue: Epilogue)
    -> Tensor
  {
    x.settle()
    var shape = descriptor(x.shape, w.shape, geometry)
    let size = geometry.outputSize(IntOrPair(x.shape[1], x.shape[2]), kernel: IntOrPair(w.shape[0], w.shape[1]))
    let y = Tensor(uninitialized: [x.shape[0], size.height, size.width, w.shape[3]], x.scalarType)
    if y.body.storage.isAbstract {
      planned(
        scratch: plan(APUS_CONV2D_FORWARD, &shape, geometry.precision).scratch_bytes,
        work("forward", x.shape, w.shape, geometry, after: epilogue, y.elementCount) { x, w, _, after in
          { _ = convolution(x, w, geometry, after) }
        })
      return y
    }
    let activation = epilogue.relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
    withExtendedLifetime((x, w, epilogue)) {
      switch x.scalarType {
      case .float32:
        var plan = plan(APUS_CONV2D_FORWARD, &shape, geometry.precision)
        var after = apus_conv2d_epilogue(
          bias: UnsafePointer(epilogue.bias?.floats), mean: UnsafePointer(epilogue.norm?.mean.floats),
          scale: UnsafePointer(epilogue.norm?.scale.floats), shift: UnsafePointer(epilogue.norm?.shift.floats),
          residual: UnsafePointer(epilogue.residual?.floats), activation: activation)
        withScratch(plan.scratch_bytes) { apus_conv2d_forward(&plan, x.floats, w.floats, &after, y.floats, $0) }
      case .float64:
        var after = apus_conv2d_epilogue_f64(
          bias: UnsafePointer(epilogue.bias?.doubles), mean: UnsafePointer(epilogue.norm?.mean.doubles),
          scale: UnsafePointer(epilogue.norm?.scale.doubles), shift: UnsafePointer(epilogue.norm?.shift.doubles),
          residual: UnsafePointer(epilogue.residual?.doubles), activation: activation)
        apus_conv2d_forward_reference_f64(&shape, x.doubles, w.doubles, &after, y.doubles)
      default: unsupported("a convolution", x.scalarType)
      }
    }
    return y
  }

  /// The gradient with respect to x, of shape `input`; also the transposed convolution. `sum`: memory with numbers of that shape,
  /// to which it is added.
  package static func convolutionBackwardData(
    _ dy: Tensor, _ w: Tensor, input: Shape, _ geometry: ConvolutionSettings, addingTo sum: Storage? = nil
  ) -> Tensor {
    var shape = descriptor(input, w.shape, geometry)
    let dx =
      sum.map { Tensor(body: TensorBody(shape: input, scalarType: dy.scalarType, storage: $0)) }
      ?? Tensor(uninitialized: input, dy.scalarType)
    if dx.body.storage.isAbstract {
      planned(
        scratch: plan(APUS_CONV2D_BACKWARD_DATA, &shape, geometry.precision, accumulate: sum != nil).scratch_bytes,
        work("backward data", input, w.shape, geometry, dy.elementCount) { x, w, dy, _ in
          { _ = convolutionBackwardData(dy, w, input: x.shape, geometry) }
        })
      return dx
    }
    withExtendedLifetime((dy, w)) {
      if dy.scalarType == .float32 {
        var plan = plan(APUS_CONV2D_BACKWARD_DATA, &shape, geometry.precision, accumulate: sum != nil)
        withScratch(plan.scratch_bytes) { apus_conv2d_backward_data(&plan, dy.floats, w.floats, dx.floats, $0) }
      } else {
        apus_conv2d_backward_data_reference_f64(&shape, dy.doubles, w.doubles, sum == nil ? 0 : 1, dx.doubles)
      }
    }
    return dx
  }

  package static func convolutionBackwardWeights(
    _ x: Tensor, _ dy: Tensor, kernel: Shape, _ geometry: ConvolutionSettings
  )
    -> Tensor
  {
    var shape = descriptor(x.shape, kernel, geometry)
    let dw = Tensor(uninitialized: kernel, dy.scalarType)
    if dw.body.storage.isAbstract {
      planned(
        scratch: plan(APUS_CONV2D_BACKWARD_WEIGHTS, &shape, geometry.precision).scratch_bytes,
        work("backward weights", x.shape, kernel, geometry, dy.elementCount) { x, w, dy, _ in
          { _ = convolutionBackwardWeights(x, dy, kernel: w.shape, geometry) }
        })
      return dw
    }
    withExtendedLifetime((x, dy)) {
      if dy.scalarType == .float32 {
        var plan = plan(APUS_CONV2D_BACKWARD_WEIGHTS, &shape, geometry.precision)
        withScratch(plan.scratch_bytes) { apus_conv2d_backward_weights(&plan, x.floats, dy.floats, dw.floats, $0) }
      } else {
        apus_conv2d_backward_weights_reference_f64(&shape, x.doubles, dy.doubles, 0, dw.doubles)
      }
    }
    return dw
  }

  /// A convolution's pass on samples of x, w and dy.
  private static func work(
    _ pass: String, _ input: Shape, _ kernel: Shape, _ geometry: ConvolutionSettings,
    after epilogue: Epilogue = Epilogue(),
    _ outputs: Int, _ run: @escaping (_ x: Tensor, _ w: Tensor, _ dy: Tensor, _ after: Epilogue) -> () -> Void
  ) -> PlannedWork {
    let size = geometry.outputSize(IntOrPair(input[1], input[2]), kernel: IntOrPair(kernel[0], kernel[1]))
    let output: Shape = [input[0], size.height, size.width, kernel[3]]
    let has = (
      bias: epilogue.bias != nil, norm: epilogue.norm != nil, residual: epilogue.residual != nil,
      relu: epilogue.relu
    )
    return PlannedWork(
      key: "convolution \(pass) \(input) \(kernel) \(geometry) \(has)", images: input[0],
      multiplyAdds: outputs / max(1, input[0]) * kernel[0] * kernel[1] * kernel[2]
    ) { images in
      let channels = sample([kernel[3]])
      return run(
        sample(input, images: images), sample(kernel), sample(output, images: images),
        Epilogue(
          bias: has.bias ? channels : nil,
          norm: has.norm ? FoldedNorm(mean: channels, scale: channels, shift: channels) : nil,
          residual: has.residual ? sample(output, images: images) : nil, relu: has.relu))
    }
  }

  /// Name of the implementation that the forward pass of a convolution takes, for records and plans.
  package static func convolutionImplementation(_ input: Shape, _ kernel: Shape, _ geometry: ConvolutionSettings)
    -> String
  {
    var shape = descriptor(input, kernel, geometry)
    let plan = plan(APUS_CONV2D_FORWARD, &shape, geometry.precision)
    return String(cString: apus_conv2d_implementation_name(plan.implementation))
  }

  static func descriptor(_ x: Shape, _ w: Shape, _ geometry: ConvolutionSettings) -> apus_conv2d {
    apus_conv2d(
      batch: Int64(x[0]), height: Int64(x[1]), width: Int64(x[2]), in_channels: Int64(x[3]),
      out_channels: Int64(w[3]), kernel_h: Int64(w[0]), kernel_w: Int64(w[1]),
      stride_h: Int64(geometry.stride.height), stride_w: Int64(geometry.stride.width),
      dilation_h: Int64(geometry.dilation.height), dilation_w: Int64(geometry.dilation.width),
      pad_top: Int64(geometry.padding.top), pad_left: Int64(geometry.padding.left),
      pad_bottom: Int64(geometry.padding.bottom), pad_right: Int64(geometry.padding.right),
      groups: Int64(geometry.groups))
  }

  static func plan(
    _ pass: apus_conv2d_pass, _ shape: inout apus_conv2d, _ precision: Precision, accumulate: Bool = false,
    packsWeights: Bool = false
  ) -> apus_conv2d_plan {
    var plan = apus_conv2d_plan()
    var options = apus_conv2d_options()
    options.accumulate = accumulate ? 1 : 0
    options.precision = precision.native
    options.packed_weights = packsWeights ? 1 : 0
    var error = apus_error()
    if apus_conv2d_plan_make(&plan, pass, &shape, &options, &error) != APUS_OK { failed("convolution", error) }
    return plan
  }
}

extension Precision {
  var native: apus_precision {
    switch self {
    case .standard: APUS_PRECISION_DEFAULT
    // The references of float64 have no choice; what is planned of them is the float32 pass.
    case .strict, .float64: APUS_PRECISION_STRICT
    case .bfloat16: APUS_PRECISION_BF16
    }
  }
}
