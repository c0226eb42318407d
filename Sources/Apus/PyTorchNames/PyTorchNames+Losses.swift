/// Other libraries' names of losses, and forms of their arguments: the compiler says what to write.

/// PyTorch's class for `crossEntropy`.
@available(*, unavailable, message: "losses are functions: crossEntropy(logits, labels)")
public struct CrossEntropyLoss {
  public init(labelSmoothing: Double = 0) {}
  public func callAsFunction(_ logits: Tensor, _ labels: Tensor) -> Tensor { fatalError("unavailable") }
}

/// PyTorch's class for `mseLoss`.
@available(*, unavailable, message: "losses are functions: mseLoss(prediction, target)")
public struct MSELoss {
  public init() {}
  public func callAsFunction(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError("unavailable") }
}

/// PyTorch's class for `l1Loss`.
@available(*, unavailable, message: "losses are functions: l1Loss(prediction, target)")
public struct L1Loss {
  public init() {}
  public func callAsFunction(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError("unavailable") }
}

/// PyTorch's class for `binaryCrossEntropy`.
@available(*, unavailable, message: "losses are functions: binaryCrossEntropy(logits: x, targets: y)")
public struct BCEWithLogitsLoss {
  public init() {}
  public func callAsFunction(_ logits: Tensor, _ targets: Tensor) -> Tensor { fatalError("unavailable") }
}

/// PyTorch's class for `negativeLogLikelihood`.
@available(
  *, unavailable, message: "losses are functions: negativeLogLikelihood(logProbabilities: x, labels: labels)"
)
public struct NLLLoss {
  public init() {}
  public func callAsFunction(_ logProbabilities: Tensor, _ labels: Tensor) -> Tensor { fatalError("unavailable") }
}

/// Keras' and others' name of `crossEntropy`.
@available(*, unavailable, renamed: "crossEntropy(_:_:)")
public func crossEntropyLoss(_ logits: Tensor, _ labels: Tensor) -> Tensor { fatalError("unavailable") }

/// swift-apis' name of `crossEntropy`.
@available(*, unavailable, renamed: "crossEntropy(logits:labels:)")
public func softmaxCrossEntropy(logits: Tensor, labels: Tensor) -> Tensor { fatalError("unavailable") }

/// A short name of `mseLoss`.
@available(*, unavailable, renamed: "mseLoss(_:_:)")
public func mse(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError("unavailable") }

/// Keras' name of `mseLoss`.
@available(*, unavailable, renamed: "mseLoss(_:_:)")
public func meanSquaredError(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError("unavailable") }

/// PyTorch's name of `binaryCrossEntropy`.
@available(*, unavailable, renamed: "binaryCrossEntropy(logits:targets:)")
public func bceWithLogits(_ logits: Tensor, _ targets: Tensor) -> Tensor { fatalError("unavailable") }

/// An array is not yet a tensor.
@available(*, unavailable, message: "labels are a tensor: crossEntropy(logits, Tensor(labels))")
public func crossEntropy(_ logits: Tensor, _ labels: [Int]) -> Tensor { fatalError("unavailable") }

/// An array is not yet a tensor.
@available(*, unavailable, message: "labels are a tensor: crossEntropy(logits, Tensor(labels))")
public func crossEntropy(_ logits: Tensor, _ labels: [Int32]) -> Tensor { fatalError("unavailable") }

/// PyTorch's spelling of an argument.
// swift-format-ignore: AlwaysUseLowerCamelCase
@available(*, unavailable, renamed: "crossEntropy(_:_:labelSmoothing:)")
public func crossEntropy(_ logits: Tensor, _ labels: Tensor, label_smoothing: Double) -> Tensor {
  fatalError("unavailable")
}

/// PyTorch's name of `classWeights`.
@available(*, unavailable, renamed: "crossEntropy(_:_:classWeights:)")
public func crossEntropy(_ logits: Tensor, _ labels: Tensor, weight: Tensor) -> Tensor { fatalError("unavailable") }

/// An array is not yet a tensor.
@available(*, unavailable, message: "labels are a tensor: accuracy(logits, Tensor(labels))")
public func accuracy(_ logits: Tensor, _ labels: [Int]) -> Double { fatalError("unavailable") }

/// An array is not yet a tensor.
@available(*, unavailable, message: "labels are a tensor: accuracy(logits, Tensor(labels))")
public func accuracy(_ logits: Tensor, _ labels: [Int32]) -> Double { fatalError("unavailable") }
