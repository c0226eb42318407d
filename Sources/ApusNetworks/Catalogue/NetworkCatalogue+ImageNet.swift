import ApusCore

/// Networks for ImageNet's thousand classes. Images of other sizes than the usual one are refused by the plan where they are too small.
extension NetworkCatalogue {
  static let imageNetworks: [Entry] = alexNets + vggs + googLeNets + resNets + normalizerFree

  static func entry(
    _ name: String, _ title: String, _ variant: String, _ paper: String, size: Int = 224,
    _ make: @escaping @Sendable (_ channels: Int, _ classes: Int) -> any Layer
  ) -> Entry {
    Entry(
      name: name, title: title, variant: variant, paper: paper, usualInput: [size, size, 3], usualClasses: 1000,
      refusal: { _, _ in nil }, make: { input, classes in make(input[2], classes) })
  }

  private static let alexNets = [
    entry("alexnet.paper", "AlexNet", "two groups", "Krizhevsky et al. 2012", size: 227) {
      AlexNet(.paper, channels: $0, classes: $1)
    },
    entry("alexnet.ungrouped", "AlexNet", "one group", "Krizhevsky et al. 2012", size: 227) {
      AlexNet(.ungrouped, channels: $0, classes: $1)
    },
    entry("alexnet.torchvision", "AlexNet", "one weird trick", "Krizhevsky 2014") {
      AlexNet(.torchvision, channels: $0, classes: $1)
    },
  ]

  private static let vggs: [Entry] = [
    ("vgg11", "VGG-11", "", .vgg11), ("vgg11.lrn", "VGG-11", "A-LRN", .vgg11LRN), ("vgg13", "VGG-13", "", .vgg13),
    ("vgg16.1x1", "VGG-16", "C, with 1×1 convolutions", .vgg16OneByOne), ("vgg16", "VGG-16", "", .vgg16),
    ("vgg19", "VGG-19", "", .vgg19),
  ].map { (name: String, title: String, variant: String, configuration: VGG.Configuration) in
    entry(name, title, variant, "Simonyan & Zisserman 2015") { VGG(configuration, channels: $0, classes: $1) }
  }

  private static let googLeNets = GoogLeNet.Variant.allCases.flatMap { variant in
    [false, true].map { heads in
      let text = variant == .paper ? "5×5 convolutions, response norm" : "batch norm, 3×3 for 5×5"
      return entry(
        "googlenet.\(variant)" + (heads ? ".aux" : ""), "GoogLeNet", text + (heads ? ", auxiliary heads" : ""),
        "Szegedy et al. 2015"
      ) { GoogLeNet(variant, auxiliaryHeads: heads, channels: $0, classes: $1) }
    }
  }

  private static let resNets = ResNet.depths.flatMap { depth in
    (depth < 50 ? [ResNet.Variant.torchvision] : ResNet.Variant.allCases).map { variant in
      entry(
        depth < 50 ? "resnet\(depth)" : "resnet\(depth).\(variant)", "ResNet-\(depth)",
        depth < 50 ? "" : variant == .paper ? "stride in the 1×1" : "stride in the 3×3 (v1.5)", "He et al. 2016"
      ) { ResNet(depth: depth, variant, channels: $0, classes: $1) }
    }
  }

  private static let normalizerFree = NormalizerFreeResNet.depths.map { depth in
    entry("nfresnet\(depth)", "NF-ResNet-\(depth)", "", "Brock, De & Smith 2021") {
      NormalizerFreeResNet(depth: depth, channels: $0, classes: $1)
    }
  }
}
