/// What a model does to an input of a given shape, found without computing anything: shapes, sizes, costs.
public struct Plan: Sendable {
  /// One operation, in the order of execution.
  public struct Row: Sendable {
    /// Path of the layer in the model; empty where the operation belongs to no layer.
    public var path: String
    /// The operation's name: `Conv2D`.
    public var operation: String
    /// Shape of the result, with the batch size.
    public var outputShape: Shape
    /// Numbers learned, where they are used first.
    public var parameters: Int
    /// Multiplications with addition, for the whole batch.
    public var multiplyAdds: Int
    /// Size of the output.
    package var activationBytes: Int
    /// What the tape keeps from here for the backward pass (phase `.training`). Where operations run as one kernel, the last of them
    /// has it.
    package var keptBytes: Int
    /// The most temporary memory of one of its kernels: of the forward pass, in a `StepPlan` of both.
    package var scratchBytes: Int
    /// Part of the input that an output element sees; `nil` where branches with different strides met.
    package var receptiveField: ReceptiveField?
    /// Of a convolution, a linear layer or a matrix product: what each of its passes takes, and why. Empty for other operations.
    public var choices: [KernelChoice]

    /// The implementation of the forward pass.
    package var implementation: String? { choices.first { $0.pass == .forward }?.chosen.implementation }
  }

  /// Shape of the model's input, with the batch size; of several the first.
  public var input: Shape { inputs[0] }
  /// Shapes of all inputs, with the batch size.
  package var inputs: [Shape]
  /// All operations, in the order of execution.
  public var rows: [Row]
  /// Shape of the model's result, with the batch size; of several the first.
  public var outputShape: Shape { outputs[0].shape }
  /// Shapes of all results in their order, with their names: see `Network`. A layer's is called `output`.
  public var outputs: [(name: String, shape: Shape)]
  /// Bytes that the tape keeps from forward to backward (phase `.training`); 0 in inference.
  public var bytesKeptForBackward: Int
  /// Most bytes of activations alive at one time during the forward pass, kept ones included.
  package var peakActivationBytes: Int
  /// What the memory pool holds for all of it at the end: parameters, buffers, input, activations, scratch.
  public var peakBytes: Int

  /// Numbers learned in the whole model; a parameter that is used twice counts once.
  public var parameters: Int { rows.reduce(0) { $0 + $1.parameters } }
  /// Multiplications with addition of the whole forward pass, for the whole batch.
  public var multiplyAdds: Int { rows.reduce(0) { $0 + $1.multiplyAdds } }
}

extension Layer {
  /// Runs the model on shapes alone and reports each operation; throws the first shape error with the layer's path.
  ///
  /// It runs the same `forward`, so a model that branches on values cannot be planned: reading values traps.
  ///
  /// - Parameters:
  ///   - input: the input's shape with its batch size, `[N, H, W, C]`.
  ///   - phase: `.training` also refuses batch norm over a single value a channel.
  ///   - samples: the number of training samples: the last, shorter batch of `samples % N` is checked as well.
  public func plan(input: Shape, phase: Phase = .inference, samples: Int? = nil) throws -> Plan {
    let plan = try planOnce(input: input, phase: phase)
    if let samples, phase.batchStatistics, input.count > 0, input[0] > 0, samples % input[0] != 0 {
      var last = input
      last[0] = samples % input[0]
      do {
        _ = try planOnce(input: last, phase: phase)
      } catch var error as PlanError {
        error.problem += " (in the last batch of \(last[0]): \(samples) samples in batches of \(input[0]))"
        throw error
      }
    }
    return plan
  }

  /// `takingWork` gets what kernels would do.
  package func planOnce(input: Shape, phase: Phase, takingWork: (([PlannedWork]) -> Void)? = nil) throws -> Plan {
    try ForwardPass(self, input: input).plan(phase: phase, takingWork: takingWork)
  }
}

extension Network {
  /// Runs the network on shapes alone and reports each operation; throws the first shape error with the layer's path. As
  /// `Layer.plan(input:phase:samples:)`.
  ///
  /// - Parameter inputs: a shape per tensor that `forward` takes, with the batch size.
  public func plan(inputs: [Shape], phase: Phase = .inference) throws -> Plan {
    try ForwardPass(self, inputs: inputs).plan(phase: phase)
  }
}

extension ForwardPass {
  package func plan(phase: Phase = .inference, takingWork: (([PlannedWork]) -> Void)? = nil) throws -> Plan {
    let planner = Planner(inputs: inputs)
    planner.memory.takesWork = takingWork != nil
    planner.holdModel(model)
    let tape = Tape()
    let records = phase.batchStatistics && phase.updatesState
    let scope = Scope(planning: planner, mode: records ? .recording(tape) : .plain, phase: phase, of: model)
    return try scope.run {
      let start = planner.makeInputs()
      planner.startStep()
      let outputs = run(start)
      for (_, tensor) in outputs { _ = tensor.body.storage }
      if let error = planner.error { throw error }
      if outputs.isEmpty {
        throw PlanError(path: "", operation: "\(type(of: model))", problem: "returns no tensor")
      }
      let held = planner.memory.liveBytes
      let own = (inputs + outputs.map(\.tensor.shape)).reduce(0) { $0 + $1.elementCount * 4 }
      if records { planner.forwardEnded() }
      planner.stepEnded()
      takingWork?(planner.memory.works)
      return withExtendedLifetime((outputs, start, tape)) {
        Plan(
          inputs: inputs, rows: planner.rows, outputs: outputs.map { ($0.name, $0.tensor.shape) },
          bytesKeptForBackward: records ? max(0, held - own) : 0, peakActivationBytes: planner.memory.peakBytes,
          peakBytes: planner.memory.pool.heldBytes)
      }
    }
  }
}

extension Plan {
  /// Of convolutions, linear layers and matrix products, for the whole batch.
  package var weightMultiplyAdds: Int { rows.reduce(0) { $0 + $1.weightMultiplyAdds } }
}

extension Plan.Row {
  /// Without what normalizations, poolings and activations compute: as papers count.
  package var weightMultiplyAdds: Int {
    ["Conv2D", "ConvTranspose2D", "LocallyConnected2D", "Linear", "MatMul"].contains(operation) ? multiplyAdds : 0
  }
}
