import ApusCore
import ApusLayers

extension PublishedTable {
  /// A line whose layers follow each other in `features`.
  private static func stage(_ name: String, _ places: ClosedRange<Int>, _ output: Shape) -> Row {
    Row(name, .layers(places.map { "features.\($0)" }), output: output)
  }

  /// `rows`: the lines between the first convolution and the pooling, each with the output's height, its channels and its blocks.
  private static func bottlenecks(_ name: String, _ rows: [(size: Int, channels: Int, blocks: Int)]) -> [Row] {
    var place = 1
    return rows.map { row in
      defer { place += row.blocks }
      return stage(name, place...place + row.blocks - 1, [row.size, row.size, row.channels])
    }
  }

  static let mobileNets: [PublishedTable] = [
    PublishedTable(
      network: "mobilenet_v2", source: "Sandler et al. 2018, table 2",
      rows: [stage("conv2d", 0...0, [112, 112, 32])]
        + bottlenecks(
          "bottleneck",
          [(112, 16, 1), (56, 24, 2), (28, 32, 3), (14, 64, 4), (14, 96, 3), (7, 160, 3), (7, 320, 1)])
        + [
          stage("conv2d 1×1", 18...18, [7, 7, 1280]),
          Row("avgpool 7×7", .next("GlobalAveragePool2D"), output: [1280]),
          Row("conv2d 1×1", .layers(["classifier"]), output: [1000]),
        ]),
    torchvision("mobilenet_v2", "3,504,872", "0.301G"),
    PublishedTable(
      network: "mobilenet_v3_large", source: "Howard et al. 2019, table 1",
      rows: [stage("conv2d", 0...0, [112, 112, 16])]
        + bottlenecks(
          "bneck",
          [
            (112, 16), (56, 24), (56, 24), (28, 40), (28, 40), (28, 40), (14, 80), (14, 80), (14, 80), (14, 80),
            (14, 112),
          ]
          .map { ($0.0, $0.1, 1) } + [(14, 112, 1), (7, 160, 1), (7, 160, 1), (7, 160, 1)])
        + [
          stage("conv2d, 1×1", 16...16, [7, 7, 960]), Row("pool, 7×7", .next("GlobalAveragePool2D"), output: [960]),
          Row("conv2d 1×1, NBN", .layers(["classifier.0"]), output: [1280]),
          Row("conv2d 1×1, NBN", .layers(["classifier.3"]), output: [1000]),
        ]),
    torchvision("mobilenet_v3_large", "5,483,032", "0.217G"),
    PublishedTable(
      network: "mobilenet_v3_small", source: "Howard et al. 2019, table 2",
      rows: [stage("conv2d, 3×3", 0...0, [112, 112, 16])]
        + bottlenecks(
          "bneck", [(56, 16, 1), (28, 24, 1), (28, 24, 1), (14, 40, 3), (14, 48, 2), (7, 96, 3)])
        + [
          stage("conv2d, 1×1", 12...12, [7, 7, 576]), Row("pool, 7×7", .next("GlobalAveragePool2D"), output: [576]),
          Row("conv2d 1×1, NBN", .layers(["classifier.0"]), output: [1024]),
          Row("conv2d 1×1, NBN", .layers(["classifier.3"]), output: [1000]),
        ]),
    torchvision("mobilenet_v3_small", "2,542,856", "0.057G"),
  ]

  static let efficientNets: [PublishedTable] =
    [
      PublishedTable(
        network: "efficientnet_b0", source: "Tan & Le 2019, table 1; table 2's 5.3M parameters and 0.39B multiply-adds",
        rows: [
          (0, "Conv3x3", 112, 32, nil), (1, "MBConv1, k3x3", 112, 16, 1), (2, "MBConv6, k3x3", 56, 24, 2),
          (3, "MBConv6, k5x5", 28, 40, 2), (4, "MBConv6, k3x3", 14, 80, 3), (5, "MBConv6, k5x5", 14, 112, 3),
          (6, "MBConv6, k5x5", 7, 192, 4), (7, "MBConv6, k3x3", 7, 320, 1), (8, "Conv1x1", 7, 1280, nil),
        ].map { (place: Int, name: String, size: Int, channels: Int, blocks: Int?) in
          Row(name, .layers(["features.\(place)"]), output: [size, size, channels], blocks: blocks)
        } + [Row("total", .whole, parameters: "5.3M", multiplyAdds: "0.39G")])
    ] + [
      torchvision("efficientnet_b0", "5,288,548", "0.386G"), torchvision("efficientnet_b1", "7,794,184", "0.687G"),
      torchvision("efficientnet_b2", "9,109,994", "1.088G"), torchvision("efficientnet_b3", "12,233,232", "1.827G"),
      torchvision("efficientnet_b4", "19,341,616", "4.394G"), torchvision("efficientnet_b5", "30,389,784", "10.266G"),
      torchvision("efficientnet_b6", "43,040,704", "19.068G"), torchvision("efficientnet_b7", "66,347,960", "37.746G"),
    ]

  static let convNeXts: [PublishedTable] =
    [
      PublishedTable(
        network: "convnext_tiny", source: "Liu et al. 2022, table 9",
        rows: [Row("stem", .layers(["features.0"]), output: [56, 56, 96])]
          + [(56, 96, 3), (28, 192, 3), (14, 384, 9), (7, 768, 3)].enumerated().map { index, row in
            Row(
              "res\(index + 2)", .layers(["features.\(2 * index + 1)"]), output: [row.0, row.0, row.1], blocks: row.2)
          } + [Row("FLOPs and parameters", .whole, parameters: "28.6M", multiplyAdds: "4.5G")])
    ] + [
      torchvision("convnext_tiny", "28,589,128", "4.456G"), torchvision("convnext_small", "50,223,688", "8.684G"),
      torchvision("convnext_base", "88,591,464", "15.355G"), torchvision("convnext_large", "197,767,336", "34.361G"),
    ]

  private static func denseNet(
    _ depth: Int, _ blocks: [Int], growth: Int, _ operations: PublishedNumber, _ parameters: PublishedNumber
  ) -> [PublishedTable] {
    var channels = 2 * growth
    var rows = [
      Row("Convolution", .layers(["features.conv0"]), output: [112, 112, channels]),
      Row("Pooling", .next("MaxPool2D"), output: [56, 56, channels]),
    ]
    for (index, count) in blocks.enumerated() {
      let size = 56 >> index
      channels += count * growth
      rows.append(
        Row(
          "Dense Block (\(index + 1))", .layers(["features.denseblock\(index + 1)"]), output: [size, size, channels],
          blocks: count))
      if index == 3 { break }
      channels /= 2
      rows.append(
        Row(
          "Transition Layer (\(index + 1))", .layers(["features.transition\(index + 1)"]),
          output: [size / 2, size / 2, channels]))
    }
    rows += [
      Row("global average pool", .next("GlobalAveragePool2D"), output: [channels]),
      Row("1000D fully-connected", .layers(["classifier"]), output: [1000]),
    ]
    return [
      PublishedTable(network: "densenet\(depth)", source: "Huang et al. 2017, table 1", rows: rows),
      torchvision("densenet\(depth)", parameters, operations),
    ]
  }

  static let denseNets =
    denseNet(121, [6, 12, 24, 16], growth: 32, "2.834G", "7,978,856")
    + denseNet(161, [6, 12, 36, 24], growth: 48, "7.728G", "28,681,000")
    + denseNet(169, [6, 12, 32, 32], growth: 32, "3.36G", "14,149,480")
    + denseNet(201, [6, 12, 48, 32], growth: 32, "4.291G", "20,013,928")

  static let squeezeNets: [PublishedTable] = [
    PublishedTable(
      network: "squeezenet1_0", source: "Iandola et al. 2016, table 1",
      rows: [
        Row(
          "conv1", .layers(["features.0"]), output: [111, 111, 96], parameters: "14,208",
          erratum: "7×7 windows with stride 2 on 224 pixels give 109 without padding, 112 with it"),
        Row("fire2", .layers(["features.3"]), parameters: "11,920"),
        Row("fire3", .layers(["features.4"]), parameters: "12,432"),
        Row("fire4", .layers(["features.5"]), parameters: "45,344"),
        Row("maxpool4", .next("MaxPool2D"), output: [27, 27, 256]),
        Row("fire5", .layers(["features.7"]), output: [27, 27, 256], parameters: "49,440"),
        Row("fire6", .layers(["features.8"]), output: [27, 27, 384], parameters: "104,880"),
        Row("fire7", .layers(["features.9"]), output: [27, 27, 384], parameters: "111,024"),
        Row("fire8", .layers(["features.10"]), output: [27, 27, 512], parameters: "188,992"),
        Row("maxpool8", .next("MaxPool2D"), output: [13, 13, 512]),
        Row("fire9", .layers(["features.12"]), output: [13, 13, 512], parameters: "197,184"),
        Row("conv10", .layers(["classifier.1"]), output: [13, 13, 1000], parameters: "513,000"),
        Row("avgpool10", .next("GlobalAveragePool2D"), output: [1000]),
        Row("total", .whole, parameters: "1,248,424"),
      ]),
    torchvision("squeezenet1_0", "1,248,424", "0.819G"), torchvision("squeezenet1_1", "1,235,496", "0.349G"),
  ]

  private static func shuffleNet(
    _ name: String, _ widths: [Int], _ parameters: PublishedNumber, _ operations: PublishedNumber
  ) -> [PublishedTable] {
    // What a stage gives is shuffled by a reshape, which plans do not list.
    let stages = [4, 8, 4].enumerated().map { index, units in
      Row("Stage\(index + 2)", .layers(["stage\(index + 2)"]), blocks: units)
    }
    return [
      PublishedTable(
        network: "shufflenet_v2_\(name)", source: "Ma et al. 2018, table 5",
        rows: [
          Row("Conv1", .layers(["conv1"]), output: [112, 112, 24]),
          Row("MaxPool", .next("MaxPool2D"), output: [56, 56, 24]),
        ] + stages + [
          Row("Conv5", .layers(["conv5"]), output: [7, 7, widths[3]]),
          Row("GlobalPool", .next("GlobalAveragePool2D"), output: [widths[3]]),
          Row("FC", .layers(["fc"]), output: [1000]),
        ]),
      torchvision("shufflenet_v2_\(name)", parameters, operations),
    ]
  }

  static let shuffleNets =
    shuffleNet("x0_5", [48, 96, 192, 1024], "1,366,792", "0.04G")
    + shuffleNet("x1_0", [116, 232, 464, 1024], "2,278,604", "0.145G")
    + shuffleNet("x1_5", [176, 352, 704, 1024], "3,503,624", "0.296G")
    + shuffleNet("x2_0", [244, 488, 976, 2048], "7,393,996", "0.583G")

  /// Figure 1's maps, and what it prints at the paths' ends.
  static let uNets: [PublishedTable] = [
    PublishedTable(
      network: "unet.paper", source: "Ronneberger et al. 2015, figure 1",
      rows: [Row("input image tile", .input, output: [572, 572, 1])]
        + [(568, 64), (280, 128), (136, 256), (64, 512), (28, 1024)].enumerated().map { level, map in
          Row("conv 3×3, ReLU, down", .layers(["contracting.\(level)"]), output: [map.0, map.0, map.1])
        }
        + [(52, 512), (100, 256), (196, 128), (388, 64)].enumerated().map { step, map in
          Row("conv 3×3, ReLU, up", .layers(["expanding.\(step)"]), output: [map.0, map.0, map.1])
        } + [Row("output segmentation map", .layers(["score"]), output: [388, 388, 2])])
  ]
}
