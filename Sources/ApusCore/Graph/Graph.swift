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

  /// A tensor of the pass: an input, a constant, or what a node makes. Inputs and outputs are float32.
  public struct Value: Sendable {
    /// All axes, the batch size included.
    public var shape: Shape
    /// The elements if they do not depend on the input; `nil` for an input and for what a node makes.
    package var constant: Constant?
    /// float32, but for indices (int32) and answers of comparisons (uint8).
    package var scalarType: ScalarType

    package init(shape: Shape, constant: Constant? = nil, scalarType: ScalarType = .float32) {
      self.shape = shape
      self.constant = constant
      self.scalarType = scalarType
    }
  }

  /// A tensor that does not depend on the input.
  package struct Constant: Sendable {
    /// The elements, of the value's scalar type.
    package var tensor: Tensor
    /// The path of the parameter or buffer whose elements these are, in its order; the shape may be another one. `nil` where they
    /// were computed.
    package var path: String?

    package init(tensor: Tensor, path: String? = nil) {
      self.tensor = tensor
      self.path = path
    }
  }

  /// One step of the pass: an operation, the values that it reads, and the one that it makes.
  public struct Node: Sendable {
    /// The operation, with its sizes and settings resolved.
    public var operation: TensorOperation
    /// As `Operation` says.
    public var inputs: [ValueID]
    /// The value that the node makes: always exactly one.
    public var output: ValueID
    /// Path of the layer in the model; empty where the operation belongs to no layer.
    public var path: String
  }

  /// Every tensor of the pass, constants included; a `ValueID` is an index into this array.
  public var values: [Value]
  /// In the order of execution: a node's inputs are made before it.
  public var nodes: [Node]
  /// The values that a run is given. `Graph(of:input:)` makes one.
  public var inputs: [ValueID]
  /// The values that a run returns.
  public var outputs: [ValueID]

  /// The shape of a value, the batch size included.
  public func shape(of value: ValueID) -> Shape { values[value].shape }

  /// The elements of a value that does not depend on the input; `nil` for any other.
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
  package var path: String
  /// The operation: `Select`; empty where it is none.
  package var operation: String
  /// What is wrong. It completes a sentence that begins with the operation: "cannot be part of a graph".
  package var problem: String

  package init(path: String, operation: String, problem: String) {
    self.path = path
    self.operation = operation
    self.problem = problem
  }

  /// One line, `PATH: OPERATION PROBLEM`, without the parts that are empty.
  public var description: String {
    let place = [path, operation].filter { !$0.isEmpty }.joined(separator: ": ")
    return place.isEmpty ? problem : place + " " + problem
  }
}
