import ApusCore

extension Graph {
  /// What a pass does, found on shapes alone, at once for the largest network: the constants have shapes and paths but no elements, which
  /// nothing may read.
  ///
  /// - Throws: `PlanError` if a shape does not fit; `GraphError` if an operation cannot be described.
  static func outline(of pass: ForwardPass) throws -> Graph {
    // Whose errors are typed; the trace below stops at none.
    _ = try pass.plan()
    let tracer = Tracer(paths: memoryPaths(of: pass.model))
    let scope = Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0), plannedMemory: PlannedMemory())
    scope.add(tracer)
    scope.model = pass.model
    return try scope.run {
      let inputs = pass.inputs.map { Tensor(uninitialized: $0, .float32) }
      for input in inputs { tracer.addInput(input) }
      for output in pass.run(inputs) {
        tracer.addOutput(output.tensor)
        _ = output.tensor.body.storage
      }
      if let error = tracer.error { throw error }
      return tracer.graph
    }
  }
}
