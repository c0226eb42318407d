/// A model's way from inputs to results, whatever it is called with: what plans, graphs and loaders run.
package struct ForwardPass {
  package let model: any Model
  /// Shapes of the inputs, with the batch size.
  package let inputs: [Shape]
  /// What the model takes is as many tensors as `inputs` has shapes.
  package let run: ([Tensor]) -> [(name: String, tensor: Tensor)]

  package init(_ model: some Layer, input: Shape) {
    self.model = model
    inputs = [input]
    run = { [("output", model($0[0]))] }
  }

  /// Throws if the network takes another number of tensors, or returns none.
  package init<Net: Network>(_ network: Net, inputs: [Shape]) throws(PlanError) {
    // Storage without memory: the count alone is looked at.
    if Net.input(of: inputs.map { _ in Tensor.zeros([]) }) == nil {
      let count = inputs.count
      throw PlanError(
        path: "", operation: "\(Net.self)",
        problem: "takes another number of tensors than the \(count) whose shape\(count == 1 ? " is" : "s are") given")
    }
    model = network
    self.inputs = inputs
    run = { NamedOutputs(network(Net.input(of: $0)!)).tensors }
  }
}
