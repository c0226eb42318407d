import ApusLayers

/// Networks for digits and for CIFAR-10.
extension NetworkCatalogue {
  static let lenets: [Entry] = [
    Entry(
      name: "lenet5", title: "LeNet-5", variant: "dense, ReLU, max-pooling", paper: "LeCun et al. 1998",
      usualInput: [28, 28, 1], usualClasses: 10,
      refusal: { input, _ in
        if input[0] == input[1] && LeNet5.inputSizes.contains(input[0]) { return nil }
        let sizes = LeNet5.inputSizes.map { "\($0)×\($0)" }.joined(separator: " or ")
        return "takes images of \(sizes), not of shape \(input)"
      },
      make: { input, classes in LeNet5(inputSize: input[0], channels: input[2], classes: classes) }),
    Entry(
      name: "lenet5.paper", title: "LeNet-5", variant: "as published", paper: "LeCun et al. 1998",
      usualInput: [32, 32, 1], usualClasses: 10,
      refusal: { input, classes in
        if input != [32, 32, 1] { return "takes images of shape [32, 32, 1], not \(input)" }
        return classes == 10 ? nil : "has codes for the 10 digits, not for \(classes) classes"
      },
      make: { _, _ in LeNet5Original() }),
  ]

  static let cifarNetworks: [Entry] =
    [20, 32, 44, 56, 110].flatMap { depth in
      [
        cifar("resnet\(depth)", "ResNet-\(depth)", "1×1 convolutions as shortcuts (option B)", depth, .projection),
        cifar("resnet\(depth).paper", "ResNet-\(depth)", "shortcuts without parameters (option A)", depth, .padding),
        cifar("plain\(depth)", "Plain-\(depth)", "", depth, .none),
      ]
    } + [cifar("resnet1202.paper", "ResNet-1202", "shortcuts without parameters (option A)", 1202, .padding)]

  private static func cifar(_ name: String, _ title: String, _ variant: String, _ depth: Int, _ shortcut: Shortcut)
    -> Entry
  {
    Entry(
      name: name, title: title, variant: variant, paper: "He et al. 2016", usualInput: [32, 32, 3], usualClasses: 10,
      refusal: { input, _ in
        // Its three stages halve the image twice.
        min(input[0], input[1]) >= 4 ? nil : "takes images of at least 4×4, not of shape \(input)"
      },
      make: { input, classes in CIFARResNet(depth: depth, shortcut: shortcut, channels: input[2], classes: classes) })
  }
}
