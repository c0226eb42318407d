/// Prefixes of other libraries: `F.relu(x)`, `nn.Linear(2, 3)`, `torch.zeros(2, 3)`. Whatever follows one, the compiler says that names
/// here have none.

/// PyTorch's module of functions.
@available(
  *, unavailable, message: "functions have no prefix: relu(x), maxPool2d(x, 2), crossEntropy(logits, labels)"
)
@dynamicMemberLookup
public enum F {
  public static subscript(dynamicMember name: String) -> AnotherLibrarysFunction { fatalError("unavailable") }
}

/// PyTorch's and MLX' module of layers.
// swift-format-ignore: TypeNamesShouldBeCapitalized
@available(*, unavailable, message: "layers have no prefix: Conv2D(3, 64, kernel: 3), Linear(512, 10)")
@dynamicMemberLookup
public enum nn {
  public typealias Module = Layer
  public static subscript(dynamicMember name: String) -> AnotherLibrarysFunction { fatalError("unavailable") }
}

/// PyTorch's module of everything.
// swift-format-ignore: TypeNamesShouldBeCapitalized
@available(
  *, unavailable,
  message:
    "names have no prefix: Tensor.zeros([2, 3]), relu(x); try model.load(\"weights.pth\") reads a file of weights"
)
@dynamicMemberLookup
public enum torch {
  public static subscript(dynamicMember name: String) -> AnotherLibrarysFunction { fatalError("unavailable") }
}

/// A function that takes whatever another library's takes, so that the compiler has nothing to say but that its prefix is unavailable.
@available(*, unavailable, message: "names have no prefix")
@dynamicCallable
public struct AnotherLibrarysFunction {
  public func dynamicallyCall(withKeywordArguments arguments: KeyValuePairs<String, Any>) -> Tensor {
    fatalError("unavailable")
  }
}
