import ApusCore
import ApusLayers
import ApusSupport

/// LeNet-5 in today's form: 5×5 convolutions, ReLU, max-pooling, three linear layers; 61,706 parameters for one channel and ten
/// classes. LeCun et al. 1998 used tanh, trained subsampling and partly connected maps.
public struct LeNet5: Layer {
  /// C1 to S4: [N, inputSize, inputSize, channels] → [N, 5, 5, 16].
  public let features: Sequential
  /// C5 to the output, 400 – 120 – 84 – classes; on a 5×5 map the paper's convolution C5 is a linear layer.
  public let classifier: Sequential

  /// Input sizes that it takes: 28 (padded by 2 in the first layer, as for MNIST) and 32 (as in the paper).
  package static let inputSizes = [28, 32]

  /// Traps unless `inputSize` is one of `inputSizes`.
  public init(inputSize: Int = 28, channels: Int = 1, classes: Int = 10) {
    if !LeNet5.inputSizes.contains(inputSize) {
      fatalError("LeNet5 takes images of 28×28 or 32×32, not \(inputSize)×\(inputSize)")
    }
    features = Sequential {
      Conv2D(channels, 6, kernel: 5, padding: inputSize == 28 ? 2 : 0)
      ReLU()
      MaxPool2D(2)
      Conv2D(6, 16, kernel: 5)
      ReLU()
      MaxPool2D(2)
    }
    classifier = Sequential {
      Flatten()
      Linear(400, 120)
      ReLU()
      Linear(120, 84)
      ReLU()
      Linear(84, classes)
    }
  }

  /// [N, inputSize, inputSize, channels] → logits [N, classes].
  public func forward(_ x: consuming Tensor) -> Tensor { classifier(features(x)) }
}
