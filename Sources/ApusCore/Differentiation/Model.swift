/// What has layers, parameters and buffers as properties: what they are called, saved, loaded, frozen and counted by. A `Layer` is one
/// from a tensor to a tensor, a `Network` one from several to several.
///
/// `print(model)` shows the layers, the shapes of their parameters and how many numbers they learn.
public protocol Model: CustomStringConvertible {}

/// A model that takes several tensors, or returns several: two heads, as a tuple or a structure; a pair of images; features by name.
///
/// ```swift
/// struct Detector: Network {
///   let body = Conv2D(3, 16, kernel: 3), boxes = Conv2D(16, 4, kernel: 1), scores = Conv2D(16, 1, kernel: 1)
///   func forward(_ image: Tensor) -> (boxes: Tensor, scores: Tensor) {
///     let y = relu(body(image))
///     return (boxes(y), sigmoid(scores(y)))
///   }
/// }
/// let (boxes, scores) = Detector()(image)
/// ```
/// `forward` takes a tensor, a pair of them, or an array. What it returns is looked through for tensors, in their order: results are
/// named by the labels of tuples, the properties of structures, the keys of dictionaries (sorted) and the places of arrays. It is called
/// like a function, as a layer is, may be part of another model, and is trained by a loss of its results.
public protocol Network: Model {
  /// `Tensor`, `(Tensor, Tensor)` or `[Tensor]`.
  associatedtype Input
  /// Whatever holds the results.
  associatedtype Output

  /// The network's results for its input.
  func forward(_ input: Input) -> Output

  /// The input as `forward` takes it; `nil` if it takes another number of tensors. There already, for the three kinds of input.
  static func input(of tensors: [Tensor]) -> Input?
}

extension Network {
  /// Runs `forward`, and tells the operations in it that they are this model's.
  public func callAsFunction(_ input: Input) -> Output {
    guard let scope = Scope.current else {
      return Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0)).run { self(input) }
    }
    scope.enter(self)
    let output = forward(input)
    scope.leave(telling: NamedOutputs(output).tensors.first?.tensor)
    return output
  }
}

extension Network where Input == Tensor {
  /// The only one.
  public static func input(of tensors: [Tensor]) -> Input? { tensors.count == 1 ? tensors[0] : nil }
}

extension Network where Input == (Tensor, Tensor) {
  /// Both.
  public static func input(of tensors: [Tensor]) -> Input? { tensors.count == 2 ? (tensors[0], tensors[1]) : nil }

  /// The network's results for two tensors.
  public func callAsFunction(_ first: Tensor, _ second: Tensor) -> Output { self((first, second)) }
}

extension Network where Input == [Tensor] {
  /// As many as there are.
  public static func input(of tensors: [Tensor]) -> Input? { tensors }
}

/// The tensors in what a network returns, with their names.
package struct NamedOutputs {
  package private(set) var tensors: [(name: String, tensor: Tensor)] = []

  package init(_ value: Any) { visit(value, "") }

  private mutating func visit(_ value: Any, _ name: String) {
    if let tensor = value as? Tensor {
      tensors.append((name.isEmpty ? "output" : name, tensor))
      return
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: if let some = mirror.children.first { visit(some.value, name) }
    case .dictionary:
      let pairs = mirror.children.map { pair -> (key: String, value: Any) in
        let parts = Array(Mirror(reflecting: pair.value).children)
        return ("\(parts[0].value)", parts[1].value)
      }
      for (key, value) in pairs.sorted(by: { $0.key < $1.key }) { visit(value, joined(name, key)) }
    case .struct, .class, .tuple, .collection:
      for (place, child) in mirror.children.enumerated() {
        // A tuple's elements without labels are called `.0`, `.1`.
        let label = child.label.map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 }
        visit(child.value, joined(name, label ?? "\(place)"))
      }
    default: break
    }
  }

  private func joined(_ outer: String, _ name: String) -> String { outer.isEmpty ? name : "\(outer).\(name)" }
}
