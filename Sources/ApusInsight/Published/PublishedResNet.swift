import ApusLayers

extension PublishedTable {
  private static let pool = Row("3×3 max pool, stride 2", .next("MaxPool2D"), output: [56, 56, 64])

  private static func resNet(
    _ network: String, _ blocks: [Int], _ operations: PublishedNumber, expansion: Int, errata: [Int: String] = [:]
  ) -> PublishedTable {
    let stages = blocks.enumerated().map { index, count in
      let size = 56 >> index
      return Row(
        "conv\(index + 2)_x", .layers(["layer\(index + 1)"]), output: [size, size, expansion * 64 << index],
        blocks: count, erratum: errata[index])
    }
    return PublishedTable(
      network: network, source: "He et al. 2016, table 1; lecture 4",
      rows: [Row("conv1 7×7, 64, stride 2", .layers(["conv1"]), output: [112, 112, 64]), pool] + stages + [
        Row("average pool", .next("GlobalAveragePool2D"), output: [expansion * 512]),
        Row("1000-d fc", .layers(["fc"]), output: [1000]),
        Row("FLOPs", .whole, multiplyAdds: operations),
      ])
  }

  static let resNets: [PublishedTable] = [
    resNet("resnet18", [2, 2, 2, 2], "1.8G", expansion: 1), resNet("resnet34", [3, 4, 6, 3], "3.6G", expansion: 1),
    resNet("resnet50.paper", [3, 4, 6, 3], "3.8G", expansion: 4),
    resNet("resnet101.paper", [3, 4, 23, 3], "7.6G", expansion: 4),
    resNet(
      "resnet152.paper", [3, 8, 3, 3], "11.3G", expansion: 4,
      errata: [2: "the lecture prints ×3; the paper, the depth and the printed 11.3e9 need ×36"]),
    torchvision("resnet18", "11,689,512", "1.814G"), torchvision("resnet34", "21,797,672", "3.664G"),
    torchvision("resnet50.torchvision", "25,557,032", "4.089G"),
    torchvision("resnet101.torchvision", "44,549,160", "7.801G"),
    torchvision("resnet152.torchvision", "60,192,808", "11.514G"),
  ]

  static let cifarResNets: [PublishedTable] = [
    (20, "0.27M"), (32, "0.46M"), (44, "0.66M"), (56, "0.85M"), (110, "1.7M"), (1202, "19.4M"),
  ].map { (depth: Int, parameters: String) in
    let blocks = (depth - 2) / 6
    let sizes: [(stage: Int, size: Int, channels: Int)] = [(1, 32, 16), (2, 16, 32), (3, 8, 64)]
    return PublishedTable(
      network: "resnet\(depth).paper", source: "He et al. 2016, section 4.2 and table 6",
      rows: [Row("3×3, 16", .layers(["conv1"]), output: [32, 32, 16])]
        + sizes.map { stage, size, channels in
          Row(
            "\(2 * blocks) layers, \(channels) filters", .layers(["stage\(stage)"]), output: [size, size, channels],
            blocks: blocks)
        } + [Row("total", .whole, output: [10], parameters: PublishedNumber(stringLiteral: parameters))])
  }
}
