import ApusCore

/// What a whole training step takes, found without computing anything: forward pass, cross-entropy, backward pass and the optimizer's
/// step run by their own code on tensors without memory.
public struct StepPlan: Sendable {
  /// The batch's shape, [N, H, W, C].
  package var input: Shape
  /// The operations of the forward pass and the loss; `scratchBytes` is the most of forward and backward pass.
  package var rows: [Plan.Row]
  /// Parameters, buffers, and one batch of images with its labels: there before the first step.
  package var residentBytes: Int
  /// All trainable parameters' gradients.
  package var gradientBytes: Int
  /// What the optimizer remembers between steps.
  public var optimizerBytes: Int
  /// The most bytes in use at one time: no placement of the blocks could do with less.
  package var mostLiveBytes: Int
  /// The most memory that the pool holds, what it cannot use included, once steps go on alike.
  public var peakBytes: Int
  /// `peakBytes` without what the pool held before the first step.
  package var poolGrowthBytes: Int
  /// Expected memory growth of a process over its first steps, in bytes.
  public var growthBytes: Int { poolGrowthBytes + StepPlan.processBytes }

  /// What a process takes beside tensors when kernels run for the first time: their code, the threads' stacks, the ends of large pages.
  /// Measured: 2 to 5 MB with the seven networks of `bench/compare-networks` (Linux, 2 threads, 2026-11-26).
  package static let processBytes = 3 << 20

  /// Bytes that the tape keeps from forward to backward.
  public var bytesKeptForBackward: Int { rows.reduce(0) { $0 + $1.keptBytes } }
  /// Numbers that the network learns, each counted once, however often it is used.
  package var parameters: Int { rows.reduce(0) { $0 + $1.parameters } }
  /// Multiplications with addition of the forward pass and the loss, for the whole batch; those of the backward pass are not in it.
  package var multiplyAdds: Int { rows.reduce(0) { $0 + $1.multiplyAdds } }
}

extension Layer {
  /// Plans a training step of a classifier; throws the first shape error with the layer's path. Nothing of the model changes.
  ///
  /// - Parameters:
  ///   - input: the batch's shape, `[N, H, W, C]`.
  ///   - make: makes the optimizer, by default SGD with momentum.
  public func planStep(
    input: Shape,
    optimizer make: (ParameterList) -> any Optimizer = { SGD($0, learningRate: 0.01, momentum: 0.9) }
  ) throws -> StepPlan {
    try planStep(input: input, takingWork: nil, optimizer: make)
  }

  /// `takingWork` gets what kernels would do in a step.
  func planStep(
    input: Shape, takingWork: (([PlannedWork]) -> Void)?, optimizer make: (ParameterList) -> any Optimizer
  ) throws -> StepPlan {
    let output = try plan(input: input, phase: .training).outputShape
    let planner = Planner(inputs: [input])
    planner.memory.takesWork = takingWork != nil
    planner.holdModel(self)
    let scope = Scope(planning: planner, of: self)
    return try scope.run {
      let images = planner.makeInputs()[0]
      let labels = Tensor(uninitialized: Shape(output.dropLast()), .int32)
      let (resident, heldBefore) = (planner.memory.pool.liveBytes, planner.memory.pool.heldBytes)
      let parameters = parameters
      var optimizer = make(parameters)
      // The optimizer's states come with the first step, and where they lie changes the second.
      for step in 0..<4 {
        planner.startStep()
        try optimizer.step { _ in
          let gradients = valueWithGradients(
            of: self, key: RandomKey(seed: 0, step: UInt64(step)), updatesState: false
          ) {
            trainingLoss(of: self, images: images, labels: labels)
          }.gradients
          if let error = planner.error { throw error }
          return gradients
        }
        if let error = planner.error { throw error }
        planner.stepEnded()
      }
      takingWork?(planner.memory.works)
      return withExtendedLifetime((images, labels, optimizer)) {
        StepPlan(
          input: input, rows: planner.rows, residentBytes: resident,
          gradientBytes: parameters.reduce(0) {
            $0 + ($1.parameter.isTrainable ? $1.parameter.shape.elementCount * 4 : 0)
          },
          optimizerBytes: planner.memory.pool.liveBytes - resident, mostLiveBytes: planner.memory.pool.mostLiveBytes,
          peakBytes: planner.memory.pool.heldBytes, poolGrowthBytes: planner.memory.pool.heldBytes - heldBefore)
      }
    }
  }
}
