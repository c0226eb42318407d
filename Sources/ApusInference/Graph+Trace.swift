import ApusCore

extension Graph {
  /// What a model does to an input of shape `input`, in the inference phase, found by running it.
  ///
  /// The model's values of now become the graph's constants, without a copy. Throws `PlanError` if the shape does not fit, and
  /// `GraphError` if an operation cannot be described: it makes whole numbers other than indices, or computes values in code of
  /// one's own outside of the library's operations. The model runs twice, on different inputs: what differs between them
  /// and is not a node's result would be such a value.
  public init(of model: some Layer, input: Shape) throws { self = try Graph.traced(model, input: input).graph }

  /// An input and the model's output for it.
  struct Sample {
    var input: Tensor
    var output: Tensor
  }

  /// The same found by running the model once, where that the graph depends on no values is known from another shape.
  package init(ofOneRun model: some Layer, input: Shape) throws {
    _ = try model.plan(input: input)
    self = try Graph.trace(model, Graph.inputs(input)[0], Graph.memoryPaths(of: model)).graph
  }

  private static func inputs(_ shape: Shape) -> [Tensor] {
    [
      Tensor.uniform(shape, seed: 1, stream: RandomDomain.traces),
      Tensor.normal(shape, seed: 2, stream: RandomDomain.traces),
    ]
  }

  /// The graph and two inputs on which the model ran, to hold the graph against.
  static func traced(_ model: some Layer, input: Shape) throws -> (graph: Graph, samples: [Sample]) {
    _ = try model.plan(input: input)
    let inputs = Graph.inputs(input)
    let paths = memoryPaths(of: model)
    let runs = try inputs.map { try trace(model, $0, paths) }
    try checkSame(runs[0].graph, runs[1].graph)
    return (runs[0].graph, zip(inputs, runs).map { Sample(input: $0, output: $1.output) })
  }

  private static func trace(_ model: some Layer, _ input: Tensor, _ paths: [ObjectIdentifier: String]) throws -> (
    graph: Graph, output: Tensor
  ) {
    let tracer = Tracer(paths: paths)
    let scope = Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0))
    scope.add(tracer)
    scope.model = model
    return try scope.run {
      let x = input.detached()
      tracer.addInput(x)
      let output = model(x)
      tracer.addOutput(output)
      if let error = tracer.error { throw error }
      _ = output.body.storage
      return (tracer.graph, output.detached())
    }
  }

  /// The paths of parameters and buffers by their memory.
  private static func memoryPaths(of model: some Layer) -> [ObjectIdentifier: String] {
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
    guard a.nodes.count == b.nodes.count, a.values.count == b.values.count else {
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
