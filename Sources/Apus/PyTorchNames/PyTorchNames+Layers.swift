/// PyTorch's names of layers that have another name here: the compiler says which.

/// PyTorch's name of `Layer`.
@available(*, unavailable, renamed: "Layer")
public typealias Module = Layer

/// PyTorch's name of `Conv2D`.
@available(*, unavailable, renamed: "Conv2D")
public typealias Conv2d = Conv2D

/// PyTorch's name of `ConvTranspose2D`.
@available(*, unavailable, renamed: "ConvTranspose2D")
public typealias ConvTranspose2d = ConvTranspose2D

/// PyTorch's name of `MaxPool2D`.
@available(*, unavailable, renamed: "MaxPool2D")
public typealias MaxPool2d = MaxPool2D

/// PyTorch's name of `AveragePool2D`.
@available(*, unavailable, renamed: "AveragePool2D")
public typealias AvgPool2d = AveragePool2D

/// PyTorch's name of `AdaptiveAveragePool2D`.
@available(*, unavailable, renamed: "AdaptiveAveragePool2D")
public typealias AdaptiveAvgPool2d = AdaptiveAveragePool2D

/// PyTorch's name of `BatchNorm` over rows.
@available(*, unavailable, renamed: "BatchNorm")
public typealias BatchNorm1d = BatchNorm

/// PyTorch's name of `BatchNorm` over images.
@available(*, unavailable, renamed: "BatchNorm")
public typealias BatchNorm2d = BatchNorm

/// PyTorch's name of `InstanceNorm`.
@available(*, unavailable, renamed: "InstanceNorm")
public typealias InstanceNorm2d = InstanceNorm

/// PyTorch's name of `Upsample2D`.
@available(*, unavailable, renamed: "Upsample2D")
public typealias Upsample = Upsample2D

/// PyTorch's name of `Swish` with β = 1.
@available(*, unavailable, renamed: "Swish")
public typealias SiLU = Swish

/// PyTorch's class for `crossEntropy`.
@available(*, unavailable, message: "losses are functions: crossEntropy(logits, labels)")
public enum CrossEntropyLoss {}

/// PyTorch's class for `mseLoss`.
@available(*, unavailable, message: "losses are functions: mseLoss(prediction, target)")
public enum MSELoss {}

/// PyTorch's class for `negativeLogLikelihood`.
@available(
  *, unavailable, message: "losses are functions: negativeLogLikelihood(logProbabilities: x, labels: labels)"
)
public enum NLLLoss {}

extension Dropout {
  /// Which probability an unnamed number is, texts do not agree on.
  @available(
    *, unavailable,
    message: "say which probability: Dropout(dropProbability: 0.2), PyTorch's p, or Dropout(keepProbability: 0.8)"
  )
  public init(_ p: Double) { fatalError("unavailable") }

  /// Which probability p is, texts do not agree on.
  @available(
    *, unavailable,
    message: "say which probability: Dropout(dropProbability: 0.2), PyTorch's p, or Dropout(keepProbability: 0.8)"
  )
  public init(p: Double) { fatalError("unavailable") }
}

extension Conv2D {
  /// Swift's tuples cannot be one of several types.
  @available(*, unavailable, message: "a pair is [height, width]: kernel: [3, 5]")
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernel: (Int, Int), stride: some IntOrPairConvertible = 1,
    padding: some PaddingConvertible = 0, dilation: some IntOrPairConvertible = 1, groups: Int = 1, bias: Bool = true
  ) { fatalError("unavailable") }
}

extension MaxPool2D {
  /// Swift's tuples cannot be one of several types.
  @available(*, unavailable, message: "a pair is [height, width]: MaxPool2D([3, 5])")
  public init(
    _ kernel: (Int, Int), stride: (any IntOrPairConvertible)? = nil, padding: some PaddingConvertible = 0,
    ceilMode: Bool = false
  ) { fatalError("unavailable") }

  /// Swift's tuples cannot be one of several types.
  @available(*, unavailable, message: "a pair is [height, width]: stride: [2, 1]")
  public init(
    _ kernel: some IntOrPairConvertible, stride: (Int, Int), padding: some PaddingConvertible = 0,
    ceilMode: Bool = false
  ) { fatalError("unavailable") }
}

extension AveragePool2D {
  /// Swift's tuples cannot be one of several types.
  @available(*, unavailable, message: "a pair is [height, width]: AveragePool2D([3, 5])")
  public init(
    _ kernel: (Int, Int), stride: (any IntOrPairConvertible)? = nil, padding: some PaddingConvertible = 0,
    countsPadding: Bool = true, ceilMode: Bool = false
  ) { fatalError("unavailable") }

  /// Swift's tuples cannot be one of several types.
  @available(*, unavailable, message: "a pair is [height, width]: stride: [2, 1]")
  public init(
    _ kernel: some IntOrPairConvertible, stride: (Int, Int), padding: some PaddingConvertible = 0,
    countsPadding: Bool = true, ceilMode: Bool = false
  ) { fatalError("unavailable") }
}

extension AdaptiveAveragePool2D {
  /// Swift's tuples cannot be one of several types.
  @available(*, unavailable, message: "a pair is [height, width]: AdaptiveAveragePool2D([3, 5])")
  public init(_ size: (Int, Int)) { fatalError("unavailable") }
}

extension Layer {
  /// PyTorch's method behind the call.
  @available(*, unavailable, message: "a layer is called: model(x)")
  public func forward(_ x: Tensor) -> Tensor { fatalError("unavailable") }

  /// PyTorch's switch.
  @available(*, unavailable, message: "leave it out: a layer trains exactly while valueWithGradients takes gradients")
  public func train() { fatalError("unavailable") }

  /// PyTorch's switch.
  @available(*, unavailable, message: "leave it out: a layer trains exactly while valueWithGradients takes gradients")
  public func eval() { fatalError("unavailable") }

  /// PyTorch's name of `state()`.
  @available(*, unavailable, renamed: "state()")
  public func stateDict() -> [(name: String, value: Tensor)] { state() }
}
