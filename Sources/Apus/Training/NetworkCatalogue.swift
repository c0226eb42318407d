/// The networks that are known by name.
public enum NetworkCatalogue {
  public static let names = ["lenet5", "resnet20"]

  /// A network's name as people write it.
  public static func title(of name: String) -> String {
    switch name {
    case "lenet5": "LeNet-5"
    case "resnet20": "ResNet-20"
    default: name
    }
  }

  /// The shape `[H, W, C]` of the images that a network was made for.
  public static func usualInput(of name: String) throws(NetworkError) -> Shape {
    try check(name)
    return name == "resnet20" ? [32, 32, 3] : [28, 28, 1]
  }

  /// Makes a network with initial values drawn from `seed`.
  ///
  /// - Parameters:
  ///   - input: an image's shape `[H, W, C]`.
  ///   - classes: the number of outputs.
  public static func make(_ name: String, input: Shape, classes: Int, seed: UInt64) throws(NetworkError) -> any Layer {
    try check(name)
    guard input.count == 3 else {
      throw NetworkError(description: "\(name) takes images of shape [H, W, C], not \(input)")
    }
    if name == "resnet20" {
      // Its three stages halve the image twice.
      if min(input[0], input[1]) < 4 {
        throw NetworkError(description: "resnet20 takes images of at least 4×4, not of shape \(input)")
      }
      return Random.withSeed(seed) { CIFARResNet(depth: 20, channels: input[2], classes: classes) }
    }
    guard input[0] == input[1], LeNet5.inputSizes.contains(input[0]) else {
      let sizes = LeNet5.inputSizes.map { "\($0)×\($0)" }.joined(separator: " or ")
      throw NetworkError(description: "lenet5 takes images of \(sizes), not of shape \(input)")
    }
    return Random.withSeed(seed) { LeNet5(inputSize: input[0], channels: input[2], classes: classes) }
  }

  /// Throws where no network has this name, and says which one is nearest.
  public static func check(_ name: String) throws(NetworkError) {
    if names.contains(name) { return }
    let nearest = EditDistance.nearest(to: name, in: names).map { "; the nearest known is \($0)" } ?? ""
    throw NetworkError(description: "there is no network \"\(name)\"\(nearest)")
  }
}

/// A network that is not known, or that cannot be made for the data.
public struct NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}
