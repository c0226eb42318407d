/// A model's parameters with their paths, in the order of the walk.
public struct ParameterList: RandomAccessCollection {
  public typealias Element = (path: String, parameter: Parameter)

  private let elements: [Element]

  public init(_ elements: [Element]) { self.elements = elements }

  public var startIndex: Int { elements.startIndex }
  public var endIndex: Int { elements.endIndex }
  public subscript(index: Int) -> Element { elements[index] }

  /// The parameter at a path.
  public subscript(path: String) -> Parameter? { elements.first { $0.path == path }?.parameter }

  /// Numbers in all parameters together.
  public var scalarCount: Int { elements.reduce(0) { $0 + $1.parameter.shape.elementCount } }
}

/// A model's buffers with their paths, in the order of the walk.
public struct BufferList: RandomAccessCollection {
  public typealias Element = (path: String, buffer: Buffer)

  private let elements: [Element]

  public init(_ elements: [Element]) { self.elements = elements }

  public var startIndex: Int { elements.startIndex }
  public var endIndex: Int { elements.endIndex }
  public subscript(index: Int) -> Element { elements[index] }

  /// The buffer at a path.
  public subscript(path: String) -> Buffer? { elements.first { $0.path == path }?.buffer }
}
