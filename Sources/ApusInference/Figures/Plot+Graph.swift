import ApusCore
import ApusFigures

extension Figure.Plot {
  /// A model as a picture: its layers with paths, kinds and the shapes of what they give, shortcuts around them. What follows a layer alone,
  /// as a normalization and an activation, stands in its box; networks of many layers are drawn by their parts.
  ///
  /// Nothing is computed: it is the graph of a pass on shapes, in the inference phase.
  ///
  /// ```swift
  /// try Figure("ResNet-18", .plan(of: model, input: [1, 224, 224, 3])).write(to: "resnet18.svg")
  /// ```
  /// - Parameter input: the input's shape with its batch size.
  /// - Throws: `PlanError` if the shape does not fit; `GraphError` if an operation cannot be part of a graph.
  public static func plan(of model: some Layer, input: Shape) throws -> Figure.Plot {
    .network(GraphDrawing.plan(try Graph.outline(of: ForwardPass(model, input: input))))
  }

  /// The computational graph of a function of tensors: a box per operation, input and constant, with shapes beside the arrows.
  ///
  /// ```swift
  /// let plot = try Figure.Plot.computation(of: ["x": [32, 8], "γ": [8], "β": [8]]) { inputs in
  ///   let centered = inputs[0] - inputs[0].mean(axes: [0])
  ///   return inputs[1] * centered / (centered.square().mean(axes: [0]) + 1e-5).sqrt() + inputs[2]
  /// }
  /// ```
  /// - Parameters:
  ///   - inputs: names and shapes of what the function gets, in their order.
  ///   - function: runs on shapes: reading an element stops the program.
  /// - Throws: `PlanError` if a shape does not fit; `GraphError` if an operation cannot be part of a graph, or the result depends on no input.
  public static func computation(
    of inputs: KeyValuePairs<String, Shape>, _ function: @escaping ([Tensor]) -> Tensor
  ) throws -> Figure.Plot {
    let pass = ForwardPass(FunctionOfTensors(), inputs: inputs.map(\.value)) { [("output", function($0))] }
    return .network(GraphDrawing.computation(try Graph.outline(of: pass), names: inputs.map(\.key)))
  }
}

/// What a pass runs that is no model: it has no parameters.
private struct FunctionOfTensors: Model {}
