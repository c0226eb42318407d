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

/// Keras' name of `BatchNorm`, and the one that `Conv2D` suggests.
@available(*, unavailable, renamed: "BatchNorm")
public typealias BatchNorm2D = BatchNorm

/// The name that `Conv2D` suggests.
@available(*, unavailable, renamed: "BatchNorm")
public typealias BatchNorm1D = BatchNorm

/// Keras' name of `BatchNorm`.
@available(*, unavailable, renamed: "BatchNorm")
public typealias BatchNormalization = BatchNorm

/// Keras' name of `Linear`.
@available(*, unavailable, message: "Linear(inputs, outputs), which takes both counts")
public typealias Dense = Linear

/// Keras' name of `AveragePool2D`.
@available(*, unavailable, renamed: "AveragePool2D")
public typealias AveragePooling2D = AveragePool2D

/// A short name of `AveragePool2D`.
@available(*, unavailable, renamed: "AveragePool2D")
public typealias AvgPool2D = AveragePool2D

/// Keras' name of `MaxPool2D`.
@available(*, unavailable, renamed: "MaxPool2D")
public typealias MaxPooling2D = MaxPool2D

/// Keras' name of `GlobalAveragePool2D`.
@available(*, unavailable, renamed: "GlobalAveragePool2D")
public typealias GlobalAveragePooling2D = GlobalAveragePool2D

/// A short name of `GlobalAveragePool2D`.
@available(*, unavailable, renamed: "GlobalAveragePool2D")
public typealias GlobalAvgPool2D = GlobalAveragePool2D

/// A short name of `AdaptiveAveragePool2D`.
@available(*, unavailable, renamed: "AdaptiveAveragePool2D")
public typealias AdaptiveAvgPool2D = AdaptiveAveragePool2D

/// Keras' name of `Layer`.
@available(*, unavailable, renamed: "Layer")
public typealias Model = Layer

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

extension Conv2D {
  /// PyTorch's name of `kernel`.
  @available(*, unavailable, renamed: "init(_:_:kernel:stride:padding:)")
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: some IntOrPairConvertible,
    stride: some IntOrPairConvertible = 1, padding: some PaddingConvertible = 0
  ) { fatalError("unavailable") }

  /// PyTorch's name of `kernel`.
  @available(*, unavailable, renamed: "init(_:_:kernel:stride:padding:)")
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernel_size: some IntOrPairConvertible,
    stride: some IntOrPairConvertible = 1, padding: some PaddingConvertible = 0
  ) { fatalError("unavailable") }

  /// PyTorch's names of the arguments.
  @available(*, unavailable, renamed: "init(_:_:kernel:stride:padding:)")
  public init(
    in_channels: Int, out_channels: Int, kernel_size: some IntOrPairConvertible,
    stride: some IntOrPairConvertible = 1, padding: some PaddingConvertible = 0
  ) { fatalError("unavailable") }

  /// MLX' names of the arguments.
  @available(*, unavailable, renamed: "init(_:_:kernel:stride:padding:)")
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: some IntOrPairConvertible,
    stride: some IntOrPairConvertible = 1, padding: some PaddingConvertible = 0
  ) { fatalError("unavailable") }

  /// PyTorch's order of the arguments.
  @available(*, unavailable, renamed: "init(_:_:kernel:stride:padding:)")
  public init(
    _ inputChannels: Int, _ outputChannels: Int, _ kernel: Int, stride: Int = 1, padding: some PaddingConvertible = 0
  ) { fatalError("unavailable") }
}

extension MaxPool2D {
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
  @available(*, unavailable, message: "Softmax() goes over the last axis, that of the classes")
  public init(dim: Int) { fatalError("unavailable") }
}

extension Layer {
  /// PyTorch's switch: leave it out, layers train while `valueWithGradients` runs.
  @available(*, unavailable, message: "leave it out: a layer trains exactly while valueWithGradients takes gradients")
  public func train() { fatalError("unavailable") }

  /// PyTorch's switch: leave it out, outside of `valueWithGradients` everything is inference.
  @available(*, unavailable, message: "leave it out: a layer trains exactly while valueWithGradients takes gradients")
  public func eval() { fatalError("unavailable") }

  /// PyTorch's name of `state()`.
  @available(*, unavailable, renamed: "state()")
  public func stateDict() -> [(name: String, value: Tensor)] { state() }

  /// PyTorch's name of `load`.
  @available(*, unavailable, message: "try model.load(\"weights.pth\") reads the file, PyTorch's too, and loads it")
  public func loadStateDict(_ state: Any) { fatalError("unavailable") }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// PyTorch's name of `load`.
  @available(*, unavailable, message: "try model.load(\"weights.pth\") reads the file, PyTorch's too, and loads it")
  public func load_state_dict(_ state: Any) { fatalError("unavailable") }

  /// A label guessed for `load`.
  @available(*, unavailable, renamed: "load(_:)")
  public func load(from path: String) throws { fatalError("unavailable") }

  /// A label guessed for `save`.
  @available(*, unavailable, renamed: "save(_:)")
  public func save(to path: String) throws { fatalError("unavailable") }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// PyTorch's name of `state()`.
  @available(*, unavailable, renamed: "state()")
  public func state_dict() -> [(name: String, value: Tensor)] { state() }

  /// PyTorch's name of `parameters`.
  @available(*, unavailable, message: "for (path, parameter) in model.parameters { … }")
  public func namedParameters() -> ParameterList { parameters }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// PyTorch's name of `parameters`.
  @available(*, unavailable, message: "for (path, parameter) in model.parameters { … }")
  public func named_parameters() -> ParameterList { parameters }

  /// Keras' count of numbers.
  @available(*, unavailable, renamed: "parameters.scalarCount")
  public var parameterCount: Int { parameters.scalarCount }

  /// Keras' count of numbers.
  @available(*, unavailable, renamed: "parameters.scalarCount")
  public func countParams() -> Int { parameters.scalarCount }

  /// Keras' table: `print(model)`, or `try model.plan(input: [1, 32, 32, 3])` for shapes and costs.
  @available(
    *, unavailable, message: "a model prints as its layers; try model.plan(input: [1, 32, 32, 3]) has shapes and costs"
  )
  public func summary(input: Shape = []) -> String { fatalError("unavailable") }

  /// Keras' loop: write it, over `split.batches(of: 64, shuffled: 1, epoch: epoch)`.
  @available(
    *, unavailable,
    message:
      "write the loop: for batch in data.train.batches(of: 64, shuffled: 1, epoch: epoch) { … optimizer.step(gradients) }"
  )
  public func fit(_ data: Any, epochs: Int = 1) { fatalError("unavailable") }

  /// Keras' prediction: write `softmax(model(x))`, or `model(x).argmax()` for the classes.
  @available(
    *, unavailable, message: "a layer is called: softmax(model(x)) has probabilities, model(x).argmax() classes"
  )
  public func predict(_ x: Tensor) -> Tensor { fatalError("unavailable") }

  /// PyTorch's way to another device.
  @available(*, unavailable, message: "leave it out: everything is on the CPU")
  public func to(_ device: String) -> Self { fatalError("unavailable") }

  /// PyTorch's way to a GPU.
  @available(*, unavailable, message: "leave it out: everything is on the CPU")
  public func cuda() -> Self { fatalError("unavailable") }

  /// Not without the module that has it.
  @available(
    *, unavailable, message: "import ApusONNX, and: try model.exportONNX(input: [1, 32, 32, 3], to: \"model.onnx\")"
  )
  public func exportONNX(input: Shape, to path: String) throws { fatalError("unavailable") }

  /// Not without the module that has it, and by another order.
  @available(
    *, unavailable, message: "import ApusONNX, and: try model.exportONNX(input: [1, 32, 32, 3], to: \"model.onnx\")"
  )
  public func exportONNX(_ path: String, input: Shape = []) throws { fatalError("unavailable") }
}

extension ParameterList {
  /// PyTorch's method: write `model.parameters`, without parentheses.
  @available(*, unavailable, message: "parameters is a property: model.parameters, without ()")
  public func callAsFunction() -> ParameterList { self }

  /// Lists of two models may have one path for two parameters.
  @available(
    *, unavailable,
    message: "an optimizer trains one model: put both parts into one struct of layers, or one Sequential { a; b }"
  )
  public static func + (a: ParameterList, b: ParameterList) -> ParameterList { fatalError("unavailable") }
}

extension Parameter {
  /// A step by hand: write `parameter.value -= …`.
  @available(*, unavailable, message: "a parameter is a cell: parameter.value -= …")
  public static func -= (parameter: inout Parameter, change: Tensor) { fatalError("unavailable") }

  /// A step by hand: write `parameter.value += …`.
  @available(*, unavailable, message: "a parameter is a cell: parameter.value += …")
  public static func += (parameter: inout Parameter, change: Tensor) { fatalError("unavailable") }

  /// PyTorch's place of a gradient: write `gradients[parameter]`.
  @available(*, unavailable, message: "gradients are values: gradients[parameter], of what valueWithGradients returns")
  public var grad: Tensor? { fatalError("unavailable") }

  /// PyTorch's switch: write `isTrainable`.
  @available(*, unavailable, renamed: "isTrainable")
  public var requiresGrad: Bool {
    get { fatalError("unavailable") }
    set { fatalError("unavailable") }
  }

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
