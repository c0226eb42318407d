/// Layers one after the other. Paths are indices, as in torchvision: `0.weight`.
///
/// ```swift
/// let model = Sequential {
///   Conv2D(1, 6, kernel: 5, padding: 2)
///   ReLU()
///   MaxPool2D(2)
/// }
/// ```
public struct Sequential: Layer, NamedParts, PathHolder {
  public let layers: [any Layer]
  let pathCell = PathCell()

  public init(@LayerBuilder _ layers: () -> [any Layer]) { self.layers = layers() }

  public init(_ layers: [any Layer]) { self.layers = layers }

  /// As in PyTorch: `Sequential(Conv2D(1, 6, kernel: 5), ReLU())`.
  public init(_ layers: any Layer...) { self.layers = layers }

  public func callAsFunction(_ x: consuming Tensor) -> Tensor {
    let opened = Scope.openedIfNone()
    defer { opened?.close() }
    guard let scope = opened ?? Scope.current else { fatalError("a scope that was opened is the current one") }
    scope.enter(self)
    defer { scope.leave() }
    var h = x
    for layer in layers {
      scope.advance()
      // Notes are of what went in, which is kept for them.
      if scope.takesNotes { h = layer(h) } else { h = layer(consume h) }
    }
    return h
  }

  public var parts: [(name: String, part: Any)] { layers.enumerated().map { ("\($0.offset)", $0.element) } }
}

@resultBuilder
public enum LayerBuilder {
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
  public static func buildEither(first part: [any Layer]) -> [any Layer] { part }
  public static func buildEither(second part: [any Layer]) -> [any Layer] { part }
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
}
