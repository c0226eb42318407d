/// An inference pass as a plain value: what a model does to an input of one shape, operation by operation. What compiled inference
/// and files for other runtimes are made of.
///
/// ```swift
/// print(try Graph(of: model, input: [1, 28, 28, 1]))
/// ```
/// Values are numbered; images are `[N, H, W, C]`, filters and matrices have this library's layouts.
public struct Graph: Sendable {
  /// A number of `values`.
  public typealias ValueID = Int

  /// A tensor of the pass: an input, a constant, or what a node makes. All are float32.
  public struct Value: Sendable {
    public var shape: Shape
    public var constant: Constant?

    package init(shape: Shape, constant: Constant? = nil) {
      self.shape = shape
      self.constant = constant
    }
  }

  /// A tensor that does not depend on the input.
  public struct Constant: Sendable {
    public var tensor: Tensor
    /// The path of the parameter or buffer whose elements these are, in its order; the shape may be another one. `nil` where they
    /// were computed.
    public var path: String?

    package init(tensor: Tensor, path: String? = nil) {
      self.tensor = tensor
      self.path = path
    }
  }

  public struct Node: Sendable {
    public var operation: Operation
    /// As `Operation` says.
    public var inputs: [ValueID]
    public var output: ValueID
    /// Path of the layer in the model; empty where the operation belongs to no layer.
    public var path: String
  }

  public var values: [Value]
  /// In the order of execution: a node's inputs are made before it.
  public var nodes: [Node]
  public var inputs: [ValueID]
  public var outputs: [ValueID]

  public func shape(of value: ValueID) -> Shape { values[value].shape }

  public func constant(_ value: ValueID) -> Tensor? { values[value].constant?.tensor }

  /// The nodes that read each value, by their place in `nodes`; a node that reads a value twice is there twice.
  package var readers: [[Int]] {
    var readers = [[Int]](repeating: [], count: values.count)
    for (place, node) in nodes.enumerated() {
      for input in node.inputs { readers[input].append(place) }
    }
    return readers
  }
}

/// A model that cannot be written as a graph.
public struct GraphError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Path of the layer in the model; empty where the operation belongs to no layer.
  public var path: String
  /// The operation: `Select`; empty where it is none.
  public var operation: String
  public var problem: String

  package init(path: String, operation: String, problem: String) {
    self.path = path
    self.operation = operation
    self.problem = problem
  }

  public var description: String {
    let place = [path, operation].filter { !$0.isEmpty }.joined(separator: ": ")
    return place.isEmpty ? problem : place + " " + problem
  }
}
