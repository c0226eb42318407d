/// PyTorch's names of layers that have another name here: the compiler says which.

/// PyTorch's name of `Layer`.
@available(*, unavailable, renamed: "Layer")
public typealias Module = Layer

/// PyTorch's name of `Conv2D`.
@available(*, unavailable, renamed: "Conv2D")
public typealias Conv2d = Conv2D

/// PyTorch's name of `MaxPool2D`.
@available(*, unavailable, renamed: "MaxPool2D")
public typealias MaxPool2d = MaxPool2D

/// PyTorch's name of `AveragePool2D`.
@available(*, unavailable, renamed: "AveragePool2D")
public typealias AvgPool2d = AveragePool2D

/// PyTorch's name of `AdaptiveAveragePool2D`.
@available(*, unavailable, renamed: "AdaptiveAveragePool2D")
public typealias AdaptiveAvgPool2d = AdaptiveAveragePool2D

/// PyTorch's name of `BatchNorm` over images.
@available(*, unavailable, renamed: "BatchNorm")
public typealias BatchNorm2d = BatchNorm

/// Keras' name of `Linear`.
@available(*, unavailable, message: "Linear(inputs, outputs), which takes both counts")
public typealias Dense = Linear

extension Dropout {
  /// Which probability p is, texts do not agree on.
  @available(*, unavailable, message: "say which probability: dropProbability: 0.2, PyTorch's p, or keepProbability:")
  public init(_ first: Double = 0, p: Double = 0) { fatalError("unavailable") }
}

extension Conv2D {
  /// Swift's tuples cannot be one of several types.
  @available(*, unavailable, message: "a pair is [height, width]: kernel: [3, 5]")
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernel: (Int, Int), stride: some IntOrPairConvertible = 1,
    padding: some PaddingConvertible = 0, dilation: some IntOrPairConvertible = 1, groups: Int = 1, bias: Bool = true
  ) { fatalError("unavailable") }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// PyTorch's and MLX's names and order of the arguments.
  @available(*, unavailable, renamed: "init(_:_:kernel:stride:padding:)")
  public init(
    _ first: Int = 0, _ second: Int = 0, _ third: Any = 0, in_channels: Int = 0, out_channels: Int = 0,
    inputChannels: Int = 0, outputChannels: Int = 0, kernelSize: Any = 0, kernel_size: Any = 0, stride: Any = 1,
    padding: Any = 0, dilation: Any = 1, groups: Int = 1, bias: Bool = true
  ) { fatalError("unavailable") }
}

extension MaxPool2D {
  /// Swift's tuples cannot be one of several types.
  @available(*, unavailable, message: "a pair is [height, width]: MaxPool2D([3, 5])")
  public init(_ kernel: (Int, Int), stride: Any = 0, padding: Any = 0) { fatalError("unavailable") }

  /// PyTorch's second argument.
  @available(*, unavailable, renamed: "init(_:stride:)")
  public init(_ kernel: Int, _ stride: Int) { fatalError("unavailable") }
}

extension AveragePool2D {
  /// PyTorch's second argument.
  @available(*, unavailable, renamed: "init(_:stride:)")
  public init(_ kernel: Int, _ stride: Int) { fatalError("unavailable") }
}

extension Softmax {
  /// It goes over the last axis, that of the classes.
  @available(*, unavailable, renamed: "init(axis:)")
  public init(dim: Int) { fatalError("unavailable") }
}

extension Layer {
  /// PyTorch's switch: leave it out, layers train while `valueWithGradients` runs.
  @available(*, unavailable, message: "leave it out: a layer trains exactly while valueWithGradients takes gradients")
  public func train() { fatalError("unavailable") }

  /// PyTorch's switch: leave it out, outside of `valueWithGradients` everything is inference.
  @available(*, unavailable, message: "leave it out: a layer trains exactly while valueWithGradients takes gradients")
  public func eval() { fatalError("unavailable") }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// PyTorch's name of `load`.
  @available(*, unavailable, message: "try model.load(\"weights.pth\") reads the file, PyTorch's too, and loads it")
  public func load_state_dict(_ state: Any) { fatalError("unavailable") }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// PyTorch's name of `state()`.
  @available(*, unavailable, renamed: "state()")
  public func state_dict() -> [(name: String, value: Tensor)] { state() }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// PyTorch's name of `parameters`.
  @available(*, unavailable, message: "for (path, parameter) in model.parameters { … }")
  public func named_parameters() -> ParameterList { parameters }

  /// Keras' table: `print(model)`, or `try model.plan(input: [1, 32, 32, 3])` for shapes and costs.
  @available(*, unavailable, message: "try model.plan(input: [1, 32, 32, 3]) has shapes and costs")
  public func summary(input: Shape = []) -> String { fatalError("unavailable") }

  /// Keras' loop: write it, over `split.batches(of: 64, shuffled: 1, epoch: epoch)`.
  @available(*, unavailable, message: "write the loop: for batch in data.train.batches(of: 64, shuffled: 1, epoch: 0)")
  public func fit(_ data: Any, epochs: Int = 1) { fatalError("unavailable") }

  /// Keras' prediction: write `softmax(model(x))`, or `model(x).argmax()` for the classes.
  @available(*, unavailable, message: "call the model: softmax(model(x)) has probabilities, model(x).argmax() classes")
  public func predict(_ x: Tensor) -> Tensor { fatalError("unavailable") }

  /// PyTorch's way to another device.
  @available(*, unavailable, message: "leave it out: everything is on the CPU")
  public func to(_ device: String) -> Self { fatalError("unavailable") }
}

extension ParameterList {
  /// PyTorch's method: write `model.parameters`, without parentheses.
  @available(*, unavailable, message: "parameters is a property: model.parameters, without ()")
  public func callAsFunction() -> ParameterList { self }
}

extension Parameter {
  /// PyTorch's place of a gradient: write `gradients[parameter]`.
  @available(*, unavailable, message: "gradients are values: gradients[parameter], of what valueWithGradients returns")
  public var grad: Tensor? { fatalError("unavailable") }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// PyTorch's switch: write `isTrainable`.
  @available(*, unavailable, renamed: "isTrainable")
  public var requires_grad: Bool {
    get { fatalError("unavailable") }
    set { fatalError("unavailable") }
  }

  /// PyTorch's name of `value`.
  @available(*, unavailable, renamed: "value")
  public var data: Tensor { fatalError("unavailable") }
}
