/// Prefixes of other libraries: `F.relu(x)`, `nn.Linear(2, 3)`, `torch.zeros(2, 3)`. Whatever follows one, the compiler says that names
/// here have none.

/// PyTorch's module of functions.
@available(*, unavailable, message: "functions have no prefix: relu(x), crossEntropy(logits, labels)")
@dynamicMemberLookup
public enum F {
  /// Any function behind the prefix, `F.relu`: write `relu(x)`.
  public static subscript(dynamicMember name: String) -> AnotherLibrarysFunction { fatalError("unavailable") }
}

// swift-format-ignore: TypeNamesShouldBeCapitalized
/// PyTorch's and MLX' module of layers.
@available(*, unavailable, message: "layers have no prefix: Conv2D(3, 64, kernel: 3), Linear(512, 10)")
@dynamicMemberLookup
public enum nn {
  /// `nn.Module`: write `Layer`.
  public typealias Module = Layer
  /// Any layer behind the prefix, `nn.Linear`: write `Linear(512, 10)`.
  public static subscript(dynamicMember name: String) -> AnotherLibrarysLayer { fatalError("unavailable") }
}

// swift-format-ignore: TypeNamesShouldBeCapitalized
/// PyTorch's module of everything.
@available(*, unavailable, message: "names have no prefix: Tensor.zeros([2, 3]), relu(x); model.load(\"weights.pth\")")
@dynamicMemberLookup
public enum torch {
  /// Any function behind the prefix, `torch.zeros`: write `Tensor.zeros([2, 3])`.
  public static subscript(dynamicMember name: String) -> AnotherLibrarysFunction { fatalError("unavailable") }
}

/// A function that takes whatever another library's takes, so that the compiler has nothing to say but that its prefix is unavailable.
@available(*, unavailable, message: "names have no prefix")
@dynamicCallable
@dynamicMemberLookup
public struct AnotherLibrarysFunction {
  /// Takes any arguments; the result is a tensor, so that the rest of the expression has a type.
  @discardableResult
  public func dynamicallyCall(withKeywordArguments arguments: KeyValuePairs<String, Any>) -> Tensor {
    fatalError("unavailable")
  }

  /// Of a module in a module: `torch.optim.Adam`.
  public subscript(dynamicMember name: String) -> AnotherLibrarysLayer { fatalError("unavailable") }
}

/// The same of a layer or an optimizer, whose result is called in turn.
@available(*, unavailable, message: "names have no prefix")
@dynamicCallable
public struct AnotherLibrarysLayer {
  /// Takes any arguments; the result can be called and asked for members.
  @discardableResult
  public func dynamicallyCall(withKeywordArguments arguments: KeyValuePairs<String, Any>) -> AnotherLibrarysResult {
    fatalError("unavailable")
  }
}

/// What `nn.Linear(2, 3)` and `torch.optim.SGD(…)` make: called, and asked for parameters and steps.
@available(*, unavailable, message: "names have no prefix")
@dynamicCallable
@dynamicMemberLookup
public struct AnotherLibrarysResult {
  /// Takes any arguments, as a layer's call does.
  @discardableResult
  public func dynamicallyCall(withKeywordArguments arguments: KeyValuePairs<String, Any>) -> Tensor {
    fatalError("unavailable")
  }

  /// Any member, as `parameters` or `step`.
  public subscript(dynamicMember name: String) -> AnotherLibrarysFunction { fatalError("unavailable") }
}

/// What another library makes an object of and this one does not: a loss, a loader of batches.
@available(*, unavailable, message: "write what the object's name is answered with")
public struct AnotherLibrarysObject {
  /// Takes what PyTorch's losses and loaders take.
  public init(
    _ arguments: Any..., batchSize: Int = 0, shuffle: Bool = false, labelSmoothing: Double = 0
  ) { fatalError("unavailable") }
  /// A loss that is called.
  public func callAsFunction(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError("unavailable") }
}
