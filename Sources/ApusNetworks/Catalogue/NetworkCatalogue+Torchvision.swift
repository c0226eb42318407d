/// Networks for ImageNet that have torchvision's names. They take images of other sizes, too; those that do not pad as much as they
/// halve need a few pixels, which the plan says.
extension NetworkCatalogue {
  static let torchvisionNetworks: [Entry] =
    mobileNets + efficientNets + convNeXts + denseNets + squeezeNets + shuffleNets

  private static let mobileNets =
    [
      entry("mobilenet_v2", "MobileNet v2", "", "Sandler et al. 2018") { MobileNetV2(channels: $0, classes: $1) }
    ]
    + MobileNetV3.Size.allCases.map { size in
      entry("mobilenet_v3_\(size)", "MobileNet v3", "\(size)", "Howard et al. 2019") {
        MobileNetV3(size, channels: $0, classes: $1)
      }
    }

  private static let efficientNets = EfficientNet.Scaling.allCases.map { scaling in
    entry(
      "efficientnet_\(scaling)", "EfficientNet-\(scaling.rawValue.uppercased())", "", "Tan & Le 2019",
      size: scaling.imageSize
    ) { EfficientNet(scaling, channels: $0, classes: $1) }
  }

  private static let convNeXts = ConvNeXt.Size.allCases.map { size in
    entry("convnext_\(size)", "ConvNeXt", "\(size)", "Liu et al. 2022") { ConvNeXt(size, channels: $0, classes: $1) }
  }

  private static let denseNets = DenseNet.depths.map { depth in
    entry("densenet\(depth)", "DenseNet-\(depth)", "", "Huang et al. 2017") {
      DenseNet(depth: depth, channels: $0, classes: $1)
    }
  }

  private static let squeezeNets = SqueezeNet.Version.allCases.map { version in
    entry(
      "squeezenet\(version.rawValue.replacing(".", with: "_"))", "SqueezeNet \(version.rawValue)", "",
      "Iandola et al. 2016"
    ) { SqueezeNet(version, channels: $0, classes: $1) }
  }

  private static let shuffleNets = ShuffleNetV2.Width.allCases.map { width in
    entry(
      "shufflenet_v2_\(width.rawValue)", "ShuffleNet v2",
      width.rawValue.dropFirst().replacing("_", with: ".") + "×", "Ma et al. 2018"
    ) { ShuffleNetV2(width, channels: $0, classes: $1) }
  }
}
