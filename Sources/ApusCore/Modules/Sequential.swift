/// Layers one after the other. Paths are indices, as in torchvision: `0.weight`.
///
/// ```swift
/// let model = Sequential {
///   Conv2D(1, 6, kernel: 5, padding: 2)
///   ReLU()
///   MaxPool2D(2)
/// }
/// ```
public struct Sequential: Layer, NamedParts {
  /// The layers in the order in which they run.
  public let layers: [any Layer]

  /// Layers listed between braces, with `if`, `switch` and `for` if need be; see `LayerBuilder`.
  public init(@LayerBuilder _ layers: () -> [any Layer]) { self.layers = layers() }

  /// Layers of an array that was made elsewhere.
  public init(_ layers: [any Layer]) { self.layers = layers }

  /// As in PyTorch: `Sequential(Conv2D(1, 6, kernel: 5), ReLU())`.
  public init(_ layers: any Layer...) { self.layers = layers }

  /// Gives each layer the result of the one before it. Without layers the result is `x`.
  public func forward(_ x: consuming Tensor) -> Tensor {
    var h = x
    for layer in layers { h = layer(consume h) }
    return h
  }

  /// The layers, named by their places: `0`, `1`, ….
  public var parts: [(name: String, part: Any)] { layers.enumerated().map { ("\($0.offset)", $0.element) } }
}

/// What may stand between the braces of `Sequential { … }`: layers and arrays of layers, and `if`, `switch` and `for` around them.
@resultBuilder
public enum LayerBuilder {
  /// A line with one layer.
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  /// A line with an array of layers, which run one after the other.
  public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }
  /// All lines, in order.
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
  /// `if` without `else`, which adds nothing if its condition is false.
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
  /// One of the two halves into which the compiler divides the branches of `if … else` and `switch`.
  public static func buildEither(first part: [any Layer]) -> [any Layer] { part }
  /// The other half of them.
  public static func buildEither(second part: [any Layer]) -> [any Layer] { part }
  /// `for`: the layers of all its passes, in order.
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
}
