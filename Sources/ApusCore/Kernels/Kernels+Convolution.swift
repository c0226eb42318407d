import CApus

/// A pass of a convolution:
/// - forward: y, x, w, bias, mean, scale, shift, residual, which may be y; what is left out is not done;
/// - backward data, also the transposed convolution: dx, dy, w;
/// - backward weights: dw, x, dy.
package struct ConvolutionKernel: Kernel {
  package enum Pass: UInt32, CaseIterable { case forward, backwardData, backwardWeights }

  private let pass: Pass
  private let plan: apus_conv2d_plan
  private let activation: apus_activation
  /// Behind a forward pass; ReLU is the activation.
  private let function: apus_activation_function?

  /// - Parameters:
  ///   - x: shape of the convolution's input, whatever the pass.
  ///   - activation: with which forward ends.
  ///   - accumulates: whether the result is added to what its place holds.
  ///   - packsWeights: whether w comes packed, by `packed`.
  package init(
    _ pass: Pass, _ x: Shape, _ w: Shape, _ settings: ConvolutionSettings,
    activation: ActivationFunction? = nil, accumulates: Bool = false, packsWeights: Bool = false
  ) {
    let shape = apus_conv2d(
      batch: Int64(x[0]), height: Int64(x[1]), width: Int64(x[2]), in_channels: Int64(x[3]),
      out_channels: Int64(w[3]), kernel_h: Int64(w[0]), kernel_w: Int64(w[1]),
      stride_h: Int64(settings.stride.height), stride_w: Int64(settings.stride.width),
      dilation_h: Int64(settings.dilation.height), dilation_w: Int64(settings.dilation.width),
      pad_top: Int64(settings.padding.top), pad_left: Int64(settings.padding.left),
      pad_bottom: Int64(settings.padding.bottom), pad_right: Int64(settings.padding.right),
      groups: Int64(settings.groups))
    let options = apus_conv2d_options(
      accumulate: accumulates ? 1 : 0, precision: settings.precision.native, packed_weights: packsWeights ? 1 : 0)
    self.init(
      pass, shape, options, activation == .relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE, activation?.native)
  }

  private init(
    _ pass: Pass, _ shape: apus_conv2d, _ options: apus_conv2d_options, _ activation: apus_activation,
    _ function: apus_activation_function?
  ) {
    var (plan, error) = (apus_conv2d_plan(), apus_error())
    let status = withUnsafePointer(to: shape) { shape in
      withUnsafePointer(to: options) {
        apus_conv2d_plan_make(&plan, apus_conv2d_pass(rawValue: pass.rawValue), shape, $0, &error)
      }
    }
    if status != APUS_OK { Kernels.failed("convolution", error) }
    (self.pass, self.plan) = (pass, plan)
    (self.activation, self.function) = (activation, function)
  }

  package var name: String { "a convolution" }
  package var scratchBytes: Int { plan.scratch_bytes }
  package var implementation: String? { String(cString: apus_conv2d_implementation_name(plan.implementation)) }
  func choice(for pass: KernelChoice.Pass) -> KernelChoice {
    KernelChoice(pass, count: APUS_CONV2D_IMPLEMENTATIONS) { reasons in
      withUnsafePointer(to: plan) { apus_conv2d_plan_reasons($0, reasons) }
    }
  }
  /// Of y.
  var output: Shape { [Int(plan.shape.batch), Int(plan.out_h), Int(plan.out_w), Int(plan.shape.out_channels)] }

  package func run(_ memory: Operands<Float>) {
    withUnsafePointer(to: plan) { plan in
      switch pass {
      case .forward:
        withFunction { function in
          var after = apus_conv2d_epilogue(
            bias: memory.input(3), mean: memory.input(4), scale: memory.input(5), shift: memory.input(6),
            residual: memory.input(7), activation: activation, function: function)
          apus_conv2d_forward(plan, memory[1], memory[2], &after, memory[0], memory.scratch)
        }
      case .backwardData: apus_conv2d_backward_data(plan, memory[1], memory[2], memory[0], memory.scratch)
      case .backwardWeights: apus_conv2d_backward_weights(plan, memory[1], memory[2], memory[0], memory.scratch)
      }
    }
  }

  package func reference(_ memory: Operands<Double>) {
    withUnsafePointer(to: plan.shape) { shape in
      switch pass {
      case .forward:
        withFunction { function in
          var after = apus_conv2d_epilogue_f64(
            bias: memory.input(3), mean: memory.input(4), scale: memory.input(5), shift: memory.input(6),
            residual: memory.input(7), activation: activation, function: function)
          apus_conv2d_forward_reference_f64(shape, memory[1], memory[2], &after, memory[0])
        }
      case .backwardData:
        apus_conv2d_backward_data_reference_f64(shape, memory[1], memory[2], plan.options.accumulate, memory[0])
      case .backwardWeights:
        apus_conv2d_backward_weights_reference_f64(shape, memory[1], memory[2], plan.options.accumulate, memory[0])
      }
    }
  }

  private func withFunction(_ body: (UnsafePointer<apus_activation_function>?) -> Void) {
    guard let function else { return body(nil) }
    withUnsafePointer(to: function, body)
  }

  /// Weights as a run takes them: packed, or as they are.
  package func packed(_ weight: Tensor) -> Tensor {
    if plan.packed_bytes == 0 { return weight }
    let memory = Tensor(uninitialized: [plan.packed_bytes], .uint8)
    withUnsafePointer(to: plan) { apus_conv2d_pack_weights($0, weight.floats, memory.bytes) }
    withExtendedLifetime((weight, memory)) {}
    return memory
  }

  /// Timed on the first images of a batch; it grows with them.
  package func work(_ byteCounts: [Int?]) -> PlannedWork {
    let sizes = withUnsafeBytes(of: plan.shape) { Array($0.bindMemory(to: Int64.self)) }
    let (batch, perImage) = (Int(plan.shape.batch), pass.imagePlaces)
    let multiplyAdds = plan.out_h * plan.out_w * plan.shape.out_channels * plan.shape.kernel_h * plan.shape.kernel_w
    return PlannedWork(
      key: "convolution \(pass) \(sizes) \(plan.options) \(activation) \(function as Any) \(byteCounts)", images: batch,
      multiplyAdds: Int(multiplyAdds * (plan.shape.in_channels / plan.shape.groups))
    ) { images in
      var (shape, options) = (plan.shape, plan.options)
      (shape.batch, options.accumulate) = (Int64(images), 0)
      let counts = byteCounts.enumerated().map { place, count in
        count.map { perImage.contains(place) ? $0 / max(1, batch) * images : $0 }
      }
      return ConvolutionKernel(pass, shape, options, activation, function).sampled(counts)
    }
  }
}

extension ConvolutionKernel.Pass {
  /// Places whose size grows with the batch.
  fileprivate var imagePlaces: Set<Int> {
    switch self {
    case .forward: [0, 1, 7]
    case .backwardData: [0, 1]
    case .backwardWeights: [1, 2]
    }
  }
}

extension Kernels {
  /// Each sum + bias, (− mean) · scale + shift, + residual, ReLU.
  package static func convolution(
    _ x: Tensor, _ w: Tensor, _ settings: ConvolutionSettings, bias: Tensor? = nil, norm: FoldedNorm? = nil,
    residual: Tensor? = nil, relu: Bool = false
  ) -> Tensor {
    let kernel = ConvolutionKernel(.forward, x.shape, w.shape, settings, activation: relu ? .relu : nil)
    return kernel.making(
      kernel.output, x.scalarType, x.body.storage, w.body.storage, bias?.body.storage, norm?.mean.body.storage,
      norm?.scale.body.storage, norm?.shift.body.storage, residual?.body.storage)
  }

  /// The gradient with respect to x, of shape `input`; also the transposed convolution. `sum`: memory with numbers of that shape,
  /// to which it is added.
  package static func convolutionBackwardData(
    _ dy: Tensor, _ w: Tensor, input: Shape, _ settings: ConvolutionSettings, addingTo sum: Storage? = nil
  ) -> Tensor {
    let kernel = ConvolutionKernel(.backwardData, input, w.shape, settings, accumulates: sum != nil)
    guard let sum else { return kernel.making(input, dy.scalarType, dy.body.storage, w.body.storage) }
    kernel.launch(dy.scalarType, sum, dy.body.storage, w.body.storage)
    return Tensor(body: TensorBody(shape: input, scalarType: dy.scalarType, storage: sum))
  }

  package static func convolutionBackwardWeights(
    _ x: Tensor, _ dy: Tensor, kernel: Shape, _ settings: ConvolutionSettings
  ) -> Tensor {
    ConvolutionKernel(.backwardWeights, x.shape, kernel, settings).making(
      kernel, dy.scalarType, x.body.storage, dy.body.storage)
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
