/// A model's parameters with their paths, in the order of the walk.
public struct ParameterList: RandomAccessCollection {
  /// A parameter with its path in the model: `features.0.weight`.
  public typealias Element = (path: String, parameter: Parameter)

  private let elements: [Element]

  /// A list in the given order, such as the part of a model that an optimizer is to train.
  public init(_ elements: [Element]) { self.elements = elements }

  /// Always 0.
  public var startIndex: Int { elements.startIndex }
  /// Number of parameters.
  public var endIndex: Int { elements.endIndex }
  /// The parameter at a place in the list, counted from 0.
  public subscript(index: Int) -> Element { elements[index] }

  /// The parameter at a path.
  public subscript(path: String) -> Parameter? { elements.first { $0.path == path }?.parameter }

  /// Numbers in all parameters together.
  public var scalarCount: Int { elements.reduce(0) { $0 + $1.parameter.shape.elementCount } }
}

/// A model's buffers with their paths, in the order of the walk.
public struct BufferList: RandomAccessCollection {
  /// A buffer with its path in the model: `features.1.runningMean`.
  public typealias Element = (path: String, buffer: Buffer)

  private let elements: [Element]

  /// A list in the given order.
  package init(_ elements: [Element]) { self.elements = elements }

  /// Always 0.
  public var startIndex: Int { elements.startIndex }
  /// Number of buffers.
  public var endIndex: Int { elements.endIndex }
  /// The buffer at a place in the list, counted from 0.
  public subscript(index: Int) -> Element { elements[index] }

  /// The buffer at a path.
  public subscript(path: String) -> Buffer? { elements.first { $0.path == path }?.buffer }
}
