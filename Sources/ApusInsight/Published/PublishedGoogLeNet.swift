import ApusCore
import ApusLayers

extension PublishedTable {
  private static func module(
    _ name: String, _ output: Shape, _ parameters: PublishedNumber, _ multiplyAdds: PublishedNumber,
    erratum: String? = nil
  ) -> Row {
    Row(
      "inception (\(name))", .layers(["inception\(name)"]), output: output, parameters: parameters,
      multiplyAdds: multiplyAdds, erratum: erratum)
  }

  private static let widths = "does not follow from the widths in the same line"

  static let googLeNets: [PublishedTable] = [
    PublishedTable(
      network: "googlenet.paper", source: "Szegedy et al. 2015, table 1; lecture 4", countsBiases: false,
      rows: [
        Row(
          "convolution 7×7/2", .layers(["conv1"]), output: [112, 112, 64], parameters: "2.7Ki", multiplyAdds: "34M",
          erratum: "those are of a separable 7×1 and 1×7; a 7×7 convolution has 9,408 weights"),
        Row("max pool 3×3/2", .next("MaxPool2D"), output: [56, 56, 64]),
        Row(
          "convolution 3×3/1", .layers(["conv2", "conv3"]), output: [56, 56, 192], parameters: "112Ki",
          multiplyAdds: "360M"),
        Row("max pool 3×3/2", .next("MaxPool2D"), output: [28, 28, 192]),
        module("3a", [28, 28, 256], "159Ki", "128M"), module("3b", [28, 28, 480], "380Ki", "304M"),
        Row("max pool 3×3/2", .next("MaxPool2D"), output: [14, 14, 480]),
        module("4a", [14, 14, 512], "364Ki", "73M", erratum: "364K \(widths)"),
        module("4b", [14, 14, 512], "437Ki", "88M"),
        module("4c", [14, 14, 512], "463Ki", "100M", erratum: "463K \(widths)"),
        module("4d", [14, 14, 528], "580Ki", "119M", erratum: "580K \(widths)"),
        module("4e", [14, 14, 832], "840Ki", "170M", erratum: "840K \(widths)"),
        Row("max pool 3×3/2", .next("MaxPool2D"), output: [7, 7, 832]),
        module(
          "5a", [7, 7, 832], "1072Ki", "54M", erratum: "1072K and 54M do not follow from the widths in the same line"),
        module("5b", [7, 7, 1024], "1388Ki", "71M", erratum: "1388K \(widths)"),
        Row("avg pool 7×7/1", .next("GlobalAveragePool2D"), output: [1024]),
        Row("linear", .layers(["fc"]), output: [1000], parameters: "1000Ki", multiplyAdds: "1M"),
        Row("total", .whole, parameters: "5M", erratum: "the slide's \"only 5 million params\" are 7 million"),
      ]),
    torchvision("googlenet.torchvision", "6,624,904", "1.498G"),
  ]
}
