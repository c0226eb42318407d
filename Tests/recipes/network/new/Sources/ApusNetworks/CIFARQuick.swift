import ApusCore
import ApusLayers
import ApusSupport

/// The small network that cuda-convnet and Caffe trained on CIFAR-10 in a minute: 145,578 parameters for color images of 32×32 and ten
/// classes. A. Krizhevsky, "cuda-convnet", 2012; pooling as in Caffe's `cifar10_quick`, ceil mode included.
public struct CIFARQuick: Layer {
  /// [N, H, W, channels] → [N, H/8, W/8, 64], each halved upwards.
  public let features: Sequential
  /// 1,024 – 64 – classes; without an activation function between, as published.
  public let classifier: Sequential

  /// The sides that it takes: those that three poolings bring to 4.
  package static let inputSizes = 25...32

  /// Traps unless `inputSize` is one of `inputSizes`.
  public init(inputSize: Int = 32, channels: Int = 3, classes: Int = 10) {
    if !CIFARQuick.inputSizes.contains(inputSize) {
      fatalError("CIFARQuick takes images of 25×25 to 32×32, not \(inputSize)×\(inputSize)")
    }
    features = Sequential {
      Conv2D(channels, 32, kernel: 5, padding: 2)
      MaxPool2D(3, stride: 2, ceilMode: true)
      ReLU()
      Conv2D(32, 32, kernel: 5, padding: 2)
      ReLU()
      AveragePool2D(3, stride: 2, ceilMode: true)
      Conv2D(32, 64, kernel: 5, padding: 2)
      ReLU()
      AveragePool2D(3, stride: 2, ceilMode: true)
    }
    classifier = Sequential {
      Flatten()
      Linear(1024, 64)
      Linear(64, classes)
    }
  }

  /// [N, inputSize, inputSize, channels] → logits [N, classes].
  public func forward(_ x: consuming Tensor) -> Tensor { classifier(features(x)) }
}
