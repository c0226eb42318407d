import ApusCore
import ApusLayers

extension Graph {
  /// The graph with every batch norm that is alone behind a convolution or linear layer folded into its weight and bias, as `fold`
  /// does for layers: in double precision, rounded once. Others stay.
  package func foldingBatchNorms() -> Graph {
    var graph = self
    let readers = readers
    var makers: [ValueID: Int] = [:]
    var gone: Set<Int> = []
    for (place, node) in nodes.enumerated() {
      if case .batchNorm(let epsilon) = node.operation, let maker = makers[node.inputs[0]],
        readers[node.inputs[0]].count == 1, !outputs.contains(node.inputs[0]),
        let (weight, bias) = graph.folded(graph.nodes[maker], node, epsilon)
      {
        graph.nodes[maker].inputs = [graph.nodes[maker].inputs[0], graph.add(weight), graph.add(bias)]
        graph.nodes[maker].output = node.output
        makers[node.output] = maker
        gone.insert(place)
      } else {
        makers[node.output] = place
      }
    }
    graph.nodes = graph.nodes.enumerated().filter { !gone.contains($0.offset) }.map(\.element)
    return graph
  }

  private mutating func add(_ constant: Tensor) -> ValueID {
    values.append(Value(shape: constant.shape, constant: Constant(tensor: constant, path: nil)))
    return values.count - 1
  }

  /// The layer's weight and bias with the norm in them; `nil` if they are not constants or the norm is not one of its outputs.
  private func folded(_ layer: Node, _ norm: Node, _ epsilon: Double) -> (weight: Tensor, bias: Tensor)? {
    switch layer.operation {
    case .convolution, .linear: break
    default: return nil
    }
    guard let weight = constant(layer.inputs[1]), let gamma = constant(norm.inputs[1]),
      let beta = constant(norm.inputs[2]),
      let mean = constant(norm.inputs[3]), let variance = constant(norm.inputs[4]),
      gamma.shape == [weight.shape[weight.rank - 1]]
    else { return nil }
    var bias: Tensor?
    if layer.inputs.count > 2 {
      guard let constant = constant(layer.inputs[2]) else { return nil }
      bias = constant
    }
    return withPhase(.inference) {
      foldedWeights(weight, bias, mean: mean, variance: variance, gamma: gamma, beta: beta, epsilon: epsilon)
    }
  }
}
