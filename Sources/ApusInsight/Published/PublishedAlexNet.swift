import ApusCore
import ApusLayers
import ApusNetworks

extension PublishedTable {
  static let leNets: [PublishedTable] = [
    PublishedTable(
      network: "lenet5.paper", source: "LeCun et al. 1998, section II.B; lecture 2's 60k parameters",
      rows: [
        Row("C1", .layers(["c1"]), output: [28, 28, 6], parameters: "156"),
        Row("S2", .next("AveragePool2D", layer: "s2"), output: [14, 14, 6], parameters: "12"),
        Row("C3", .layers(["c3"]), output: [10, 10, 16], parameters: "1,516"),
        Row("S4", .next("AveragePool2D", layer: "s4"), output: [5, 5, 16], parameters: "32"),
        Row("C5", .layers(["c5"]), output: [120], parameters: "48,120"),
        Row("F6", .layers(["f6"]), output: [84], parameters: "10,164"),
        Row("total", .whole, output: [10], parameters: "60,000"),
      ]),
    PublishedTable(
      network: "lenet5", source: "lecture 4: 5×5 convolutions, 2×2 pools, CONV-POOL-CONV-POOL-CONV-FC",
      rows: [
        Row("CONV", .layers(["features.0"]), output: [28, 28, 6]),
        Row("POOL", .layers(["features.2"]), output: [14, 14, 6]),
        Row("CONV", .layers(["features.3"]), output: [10, 10, 16]),
        Row("POOL", .layers(["features.5"]), output: [5, 5, 16]),
        Row("CONV", .layers(["classifier.1"]), output: [120]),
        Row("FC", .layers(["classifier.3"]), output: [84]),
      ]),
  ]

  private static func line(_ name: String, _ path: String, _ output: Shape, _ parameters: PublishedNumber? = nil) -> Row
  {
    Row(name, .layers([path]), output: output, parameters: parameters)
  }

  static let alexNets: [PublishedTable] = [
    PublishedTable(
      network: "alexnet.ungrouped", source: "lecture 4, full (simplified) AlexNet", countsBiases: false,
      rows: [
        Row("INPUT", .input, output: [227, 227, 3]),
        line("CONV1", "features.0", [55, 55, 96], "35K"), line("MAX POOL1", "features.2", [27, 27, 96], "0"),
        line("NORM1", "features.3", [27, 27, 96]), line("CONV2", "features.4", [27, 27, 256]),
        line("MAX POOL2", "features.6", [13, 13, 256]), line("NORM2", "features.7", [13, 13, 256]),
        line("CONV3", "features.8", [13, 13, 384]), line("CONV4", "features.10", [13, 13, 384]),
        line("CONV5", "features.12", [13, 13, 256]), line("MAX POOL3", "features.14", [6, 6, 256]),
        line("FC6", "classifier.1", [4096]), line("FC7", "classifier.4", [4096]), line("FC8", "classifier.6", [1000]),
      ]),
    PublishedTable(
      network: "alexnet.paper", source: "Krizhevsky et al. 2012, section 1 (60 million parameters)",
      rows: [Row("total", .whole, output: [1000], parameters: "60M")]),
    torchvision("alexnet.torchvision", "61,100,840", "0.714G"),
  ]
}
