/// Other libraries' names of losses, and forms of their arguments: the compiler says what to write.

/// PyTorch's class for `crossEntropy`.
@available(*, unavailable, message: "losses are functions: crossEntropy(logits, labels)")
public struct CrossEntropyLoss {
  /// No object is made: `labelSmoothing` is an argument of `crossEntropy`.
  public init(labelSmoothing: Double = 0) {}
  /// Write `crossEntropy(logits, labels)`.
  public func callAsFunction(_ logits: Tensor, _ labels: Tensor) -> Tensor { fatalError("unavailable") }
}

/// PyTorch's class for `mseLoss`.
@available(*, unavailable, message: "losses are functions: mseLoss(prediction, target)")
public struct MSELoss {
  /// No object is made: `mseLoss` is a function.
  public init() {}
  /// Write `mseLoss(prediction, target)`.
  public func callAsFunction(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError("unavailable") }
}

/// PyTorch's class for `l1Loss`.
@available(*, unavailable, message: "losses are functions: l1Loss(prediction, target)")
public struct L1Loss {
  /// No object is made: `l1Loss` is a function.
  public init() {}
  /// Write `l1Loss(prediction, target)`.
  public func callAsFunction(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError("unavailable") }
}

/// PyTorch's class for `binaryCrossEntropy`.
@available(*, unavailable, message: "losses are functions: binaryCrossEntropy(logits: x, targets: y)")
public struct BCEWithLogitsLoss {
  /// No object is made: `binaryCrossEntropy` is a function.
  public init() {}
  /// Write `binaryCrossEntropy(logits: logits, targets: targets)`.
  public func callAsFunction(_ logits: Tensor, _ targets: Tensor) -> Tensor { fatalError("unavailable") }
}

/// PyTorch's class for `negativeLogLikelihood`.
@available(
  *, unavailable, message: "losses are functions: negativeLogLikelihood(logProbabilities: x, labels: labels)"
)
public struct NLLLoss {
  /// No object is made: `negativeLogLikelihood` is a function.
  public init() {}
  /// Write `negativeLogLikelihood(logProbabilities: x, labels: labels)`.
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

// swift-format-ignore: AlwaysUseLowerCamelCase
/// PyTorch's spelling of an argument.
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
