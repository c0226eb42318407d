import ApusCore

extension Graph {
  /// What a model does to an input of shape `input`, in the inference phase, found by running it.
  ///
  /// The model's values of now become the graph's constants, without a copy. Throws `PlanError` if the shape does not fit, and
  /// `GraphError` if an operation cannot be described: it makes whole numbers other than indices, or computes values in code of
  /// one's own outside of the library's operations. The model runs twice, on different inputs: what differs between them
  /// and is not a node's result would be such a value.
  public init(of model: some Layer, input: Shape) throws {
    self = try Graph.traced(ForwardPass(model, input: input)).graph
  }

  /// What a network does to inputs of these shapes, as `init(of:input:)`. The graph's inputs and outputs are in the order of the
  /// network's.
  public init(of network: some Network, inputs: [Shape]) throws {
    self = try Graph.traced(ForwardPass(network, inputs: inputs)).graph
  }

  /// Inputs and the model's results for them.
  package struct Sample {
    package var inputs: [Tensor]
    package var outputs: [(name: String, tensor: Tensor)]
  }

  /// The same found by running the model once, where that the graph depends on no values is known from another shape.
  package init(ofOneRun pass: ForwardPass) throws {
    _ = try pass.plan()
    self = try Graph.trace(pass, Graph.samples(pass.inputs)[0], Graph.memoryPaths(of: pass.model)).graph
  }

  /// Two sets of inputs that have nothing in common.
  private static func samples(_ shapes: [Shape]) -> [[Tensor]] {
    func stream(_ place: Int) -> UInt64 { RandomDomain.traces + UInt64(place) }
    return [
      shapes.enumerated().map { Tensor.uniform($1, seed: 1, stream: stream($0)) },
      shapes.enumerated().map { Tensor.normal($1, seed: 2, stream: stream($0)) },
    ]
  }

  /// The graph and two sets of inputs on which the model ran, to hold the graph against.
  package static func traced(_ pass: ForwardPass) throws -> (graph: Graph, samples: [Sample]) {
    _ = try pass.plan()
    let inputs = Graph.samples(pass.inputs)
    let paths = memoryPaths(of: pass.model)
    let runs = try inputs.map { try trace(pass, $0, paths) }
    try checkSame(runs[0].graph, runs[1].graph)
    return (runs[0].graph, zip(inputs, runs).map { Sample(inputs: $0, outputs: $1.outputs) })
  }

  private static func trace(
    _ pass: ForwardPass, _ inputs: [Tensor], _ paths: [ObjectIdentifier: String]
  ) throws -> (graph: Graph, outputs: [(name: String, tensor: Tensor)]) {
    let tracer = Tracer(paths: paths)
    let scope = Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0))
    scope.add(tracer)
    scope.model = pass.model
    return try scope.run {
      let inputs = inputs.map { $0.detached() }
      for input in inputs { tracer.addInput(input) }
      let outputs = pass.run(inputs)
      for output in outputs { tracer.addOutput(output.tensor) }
      if let error = tracer.error { throw error }
      return (
        tracer.graph,
        outputs.map { output in
          _ = output.tensor.body.storage
          return (output.name, output.tensor.detached())
        }
      )
    }
  }

  /// The paths of parameters and buffers by their memory.
  static func memoryPaths(of model: some Model) -> [ObjectIdentifier: String] {
    var paths: [ObjectIdentifier: String] = [:]
    for entry in ModelWalk(model).entries {
      let value: Tensor
      switch entry.cell {
      case .parameter(let parameter): value = parameter.value
      case .buffer(let buffer): value = buffer.value
      }
      let memory = ObjectIdentifier(value.body.storage)
      if paths[memory] == nil { paths[memory] = entry.path }
    }
    return paths
  }

  /// Two traces must be one graph with the same constants: a difference is something that depends on the input's values and that no
  /// operation told.
  private static func checkSame(_ a: Graph, _ b: Graph) throws {
    guard a.nodes.count == b.nodes.count, a.values.count == b.values.count, a.outputs.count == b.outputs.count else {
      throw GraphError(
        path: "", operation: "",
        problem:
          "the model did \(a.nodes.count) operations on one input and \(b.nodes.count) on another of the same shape")
    }
    for (one, other) in zip(a.nodes, b.nodes) {
      guard one.operation == other.operation, one.inputs == other.inputs else {
        throw GraphError(
          path: one.path, operation: one.operation.name,
          problem: "is another operation on another input of the same shape")
      }
      for input in one.inputs {
        guard let constant = a.constant(input), let otherConstant = b.constant(input) else { continue }
        if constant.body.storage !== otherConstant.body.storage, !sameBits(constant, otherConstant) {
          throw GraphError(
            path: one.path, operation: one.operation.name,
            problem: """
              takes a tensor of shape \(constant.shape) that depends on the input but was made outside of the operations that \
              a graph knows
              """)
        }
      }
    }
  }

  private static func sameBits(_ a: Tensor, _ b: Tensor) -> Bool {
    a.shape == b.shape && a.withUnsafeBytes { a in b.withUnsafeBytes { b in a.elementsEqual(b) } }
  }
}
