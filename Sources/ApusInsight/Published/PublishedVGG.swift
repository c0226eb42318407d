import ApusCore
import ApusLayers
import ApusNetworks

extension PublishedTable {
  static let vggs: [PublishedTable] =
    [
      ("vgg11", "133M"), ("vgg11.lrn", "133M"), ("vgg13", "133M"), ("vgg16.1x1", "134M"), ("vgg16", "138M"),
      ("vgg19", "144M"),
    ].map { network, parameters in
      PublishedTable(
        network: network, source: "Simonyan & Zisserman 2015, table 2; lecture 4",
        rows: [Row("total", .whole, parameters: PublishedNumber(stringLiteral: parameters))])
    }
    + [
      torchvision("vgg11", "132,863,336", "7.609G"), torchvision("vgg13", "133,047,848", "11.308G"),
      torchvision("vgg16", "138,357,544", "15.470G"), torchvision("vgg19", "143,667,240", "19.632G"), vgg16Lines,
    ]

  /// The numbers that torchvision's documentation gives for its weights.
  static func torchvision(_ network: String, _ parameters: PublishedNumber, _ multiplyAdds: PublishedNumber)
    -> PublishedTable
  {
    PublishedTable(
      network: network, source: "torchvision's documentation",
      rows: [Row("total", .whole, output: [1000], parameters: parameters, multiplyAdds: multiplyAdds)])
  }

  private static func line(
    _ name: String, _ path: String, _ output: Shape, _ memory: PublishedNumber, _ parameters: PublishedNumber
  ) -> Row {
    Row(name, .layers([path]), output: output, parameters: parameters, memory: memory)
  }

  /// The lecture's slide of memory and parameters, line by line.
  private static let vgg16Lines = PublishedTable(
    network: "vgg16", source: "lecture 4, memory and parameters of VGG-16, not counting biases", countsBiases: false,
    rows: [
      Row("INPUT", .input, output: [224, 224, 3], memory: "150K"),
      line("CONV3-64", "features.0", [224, 224, 64], "3.2M", "1,728"),
      line("CONV3-64", "features.2", [224, 224, 64], "3.2M", "36,864"),
      line("POOL2", "features.4", [112, 112, 64], "800K", "0"),
      line("CONV3-128", "features.5", [112, 112, 128], "1.6M", "73,728"),
      line("CONV3-128", "features.7", [112, 112, 128], "1.6M", "147,456"),
      line("POOL2", "features.9", [56, 56, 128], "400K", "0"),
      line("CONV3-256", "features.10", [56, 56, 256], "800K", "294,912"),
      line("CONV3-256", "features.12", [56, 56, 256], "800K", "589,824"),
      line("CONV3-256", "features.14", [56, 56, 256], "800K", "589,824"),
      line("POOL2", "features.16", [28, 28, 256], "200K", "0"),
      line("CONV3-512", "features.17", [28, 28, 512], "400K", "1,179,648"),
      line("CONV3-512", "features.19", [28, 28, 512], "400K", "2,359,296"),
      line("CONV3-512", "features.21", [28, 28, 512], "400K", "2,359,296"),
      line("POOL2", "features.23", [14, 14, 512], "100K", "0"),
      line("CONV3-512", "features.24", [14, 14, 512], "100K", "2,359,296"),
      line("CONV3-512", "features.26", [14, 14, 512], "100K", "2,359,296"),
      line("CONV3-512", "features.28", [14, 14, 512], "100K", "2,359,296"),
      line("POOL2", "features.30", [7, 7, 512], "25K", "0"),
      line("FC", "classifier.0", [4096], "4,096", "102,760,448"),
      line("FC", "classifier.3", [4096], "4,096", "16,777,216"),
      line("FC", "classifier.6", [1000], "1,000", "4,096,000"),
      Row(
        "TOTAL", .whole, parameters: "138M", memory: "24M",
        erratum:
          "the slide's lines add up to 15,237,608 numbers, 61 MB, not to 24M and 93 MB (which 24M · 4 is not either)"),
    ])
}
