/// Other libraries' names of losses, and forms of their arguments: the compiler says what to write.

/// PyTorch's class for `crossEntropy`.
@available(*, unavailable, message: "losses are functions: crossEntropy(logits, labels)")
public typealias CrossEntropyLoss = AnotherLibrarysObject

/// PyTorch's class for `mseLoss`.
@available(*, unavailable, message: "losses are functions: mseLoss(prediction, target)")
public typealias MSELoss = AnotherLibrarysObject

/// PyTorch's class for `binaryCrossEntropy`.
@available(*, unavailable, message: "losses are functions: binaryCrossEntropy(logits: x, targets: y)")
public typealias BCEWithLogitsLoss = AnotherLibrarysObject

/// An array is not yet a tensor.
@available(*, unavailable, message: "labels are a tensor: crossEntropy(logits, Tensor(labels))")
public func crossEntropy(_ logits: Tensor, _ labels: [some BinaryInteger]) -> Tensor { fatalError("unavailable") }

// swift-format-ignore: AlwaysUseLowerCamelCase
/// PyTorch's spellings of arguments.
@available(*, unavailable, renamed: "crossEntropy(_:_:classWeights:labelSmoothing:)")
public func crossEntropy(
  _ logits: Tensor, _ labels: Tensor, weight: Tensor? = nil, label_smoothing: Double = 0
) -> Tensor { fatalError("unavailable") }
