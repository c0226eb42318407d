import ApusCore
import ApusInference
import ApusLayers
import ApusSupport

/// A model's inference pass, operation by operation, whose backward pass goes by a `BackwardRule`.
///
/// It is the traced graph with batch norms folded into the convolutions and linear layers before them: behind these a rule sees
/// activations, and nothing that only scales. What it computes is the model's result up to rounding.
public struct RuledPass {
  private var graph: Graph
  /// The model's own nodes' paths and results, folded ones included.
  private let named: [(path: String, value: Graph.ValueID)]
  /// The values that depend on the input.
  private let dependent: Set<Graph.ValueID>
  /// The last node that reads each value.
  private let lastReader: [Graph.ValueID: Int]
  private let classifier: Int?

  /// - Parameters:
  ///   - input: the input's shape with its batch size, `[N, H, W, C]`; the pass is of images of this shape alone.
  ///   - path: of the layer whose result is the pass's; `nil` for the model itself.
  /// - Throws: `PlanError` if the shape does not fit; `GraphError` if an operation cannot be described; `PathError` for a path that is no
  ///   layer.
  public init(_ model: some Layer, input: Shape, to path: String? = nil) throws {
    let traced = try Graph(of: model, input: input)
    let graph = traced.foldingBatchNorms()
    let made = Set(graph.nodes.map(\.output))
    named =
      traced.nodes.filter { made.contains($0.output) }.map { ($0.path, $0.output) }
      + graph.nodes.map { ($0.path, $0.output) }
    var dependent = Set(graph.inputs)
    var lastReader: [Graph.ValueID: Int] = [:]
    for (place, node) in graph.nodes.enumerated() {
      if node.inputs.contains(where: dependent.contains) { dependent.insert(node.output) }
      for input in node.inputs { lastReader[input] = place }
    }
    (self.graph, self.dependent, self.lastReader) = (graph, dependent, lastReader)
    classifier = graph.nodes.lastIndex { node in
      switch node.operation {
      case .convolution, .linear, .matrixProduct: dependent.contains(node.output)
      default: false
      }
    }
    guard let path else { return }
    let result = try value(at: path)
    self.graph.outputs = [result]
    self.graph.nodes.removeSubrange((graph.nodes.firstIndex { $0.output == result }! + 1)...)
  }

  /// Shape of the model's result, with the batch size.
  package var outputShape: Shape { graph.shape(of: graph.outputs[0]) }

  /// The nodes in their order, for who asks what they are.
  package var nodes: [Graph.Node] { graph.nodes }

  /// The elements of a value that does not depend on the input.
  package func constant(_ value: Graph.ValueID) -> Tensor? { graph.constant(value) }

  package func shape(of value: Graph.ValueID) -> Shape { graph.shape(of: value) }

  /// What goes back to the input, and to what layers inside give, from a seed at the result.
  ///
  /// - Parameters:
  ///   - x: images of the pass's shape.
  ///   - seed: what arrives at the model's result, of its shape: with its own gradients, ones at a class make those of its score.
  ///   - places: paths of layers; one that is called several times counts with its last result.
  /// - Returns: the value Σ seed · result; what arrives at the input as the gradient of `inputs[0]`, and at each place.
  /// - Throws: `PathError` for a place that is no layer of the pass, or at which nothing arrives.
  public func callAsFunction(
    _ x: Tensor, seed: Tensor, places: [String] = [], by rule: BackwardRule
  ) throws -> InnerGradients {
    if x.shape != graph.shape(of: graph.inputs[0]) || seed.shape != outputShape {
      fatalError(
        """
        RuledPass: images \(x.shape) and a seed \(seed.shape), expected \(graph.shape(of: graph.inputs[0])), which it was made for, \
        and \(outputShape)
        """)
    }
    var wanted: [Graph.ValueID: String] = [:]
    for place in places { wanted[try value(at: place)] = place }
    var values: [String: Tensor] = [:]
    var arrived: [String: Tensor] = [:]
    let (value, gradients) = valueWithGradients(at: [x], in: .inference) { leaves in
      let result = run(leaves[0], by: rule) { id, tensor in
        guard let place = wanted[id] else { return }
        values[place] = tensor.detached()
        Scope.current?.watchGradient(of: tensor) { arrived[place] = $0 }
      }
      return (result * seed).sum()
    }
    var found: [String: (value: Tensor, gradient: Tensor)] = [:]
    for place in places {
      guard let gradient = arrived[place], let value = values[place] else {
        throw PathError(place, problem: "has no gradient: the result does not depend on what the layer gives")
      }
      found[place] = (value, gradient)
    }
    return InnerGradients(
      value: value, inputs: [gradients[0] ?? .zeros(x.shape, value.scalarType)], places: found)
  }

  /// A value of the pass for images, its result unless another one is asked for.
  package func value(_ value: Graph.ValueID? = nil, of x: Tensor) -> Tensor {
    var found: Tensor?
    let result = withPhase(.inference) { run(x, by: nil) { if $0 == value { found = $1 } } }
    return found ?? result
  }

  /// Runs the nodes; a value is let go after its last reader.
  private func run(_ x: Tensor, by rule: BackwardRule?, _ look: (Graph.ValueID, Tensor) -> Void) -> Tensor {
    var values: [Graph.ValueID: Tensor] = [graph.inputs[0]: x]
    for (place, node) in graph.nodes.enumerated() {
      let inputs = node.inputs.map { values[$0] ?? graph.constant($0)! }
      let shape = graph.shape(of: node.output)
      let result: Tensor
      if let pullback = rule?.pullback(node.operation), dependent.contains(node.output) {
        result = ruled(node, inputs, making: shape, isClassifier: place == classifier, pullback)
      } else {
        result = node.operation.applied(to: inputs, making: shape)
      }
      values[node.output] = result
      look(node.output, result)
      for input in node.inputs where lastReader[input] == place && !graph.outputs.contains(input) {
        values[input] = nil
      }
    }
    return values[graph.outputs[0]]!
  }

  private func ruled(
    _ node: Graph.Node, _ inputs: [Tensor], making shape: Shape, isClassifier: Bool,
    _ pullback: @escaping BackwardRule.Pullback
  ) -> Tensor {
    let isWanted = node.inputs.map(dependent.contains)
    return differentiable(
      inputs, "BackwardRule", value: { node.operation.applied(to: $0, making: shape) },
      pullback: { inputs, output, gradient in
        pullback(
          BackwardStep(
            operation: node.operation, path: node.path, inputs: inputs, output: output, isWanted: isWanted,
            isClassifier: isClassifier), gradient)
      })
  }

  /// The last value that a layer, or one inside of it, gives.
  private func value(at path: String) throws(PathError) -> Graph.ValueID {
    if let last = named.last(where: { $0.path == path || $0.path.hasPrefix(path + ".") }) { return last.value }
    var layers: [String] = []
    for (path, _) in named {
      let parts = path.split(separator: ".")
      for count in parts.indices.map({ $0 + 1 }) {
        let layer = parts.prefix(count).joined(separator: ".")
        if !layers.contains(layer) { layers.append(layer) }
      }
    }
    throw PathError.noLayer(path, of: layers)
  }
}
