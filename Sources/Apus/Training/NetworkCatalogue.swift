/// The networks that are known by name.
public enum NetworkCatalogue {
  public static let names = ["lenet5"]

  /// A network's name as people write it.
  public static func title(of name: String) -> String {
    switch name {
    case "lenet5": "LeNet-5"
    default: name
    }
  }

  /// Makes a network with initial values drawn from `seed`.
  ///
  /// - Parameters:
  ///   - input: an image's shape `[H, W, C]`.
  ///   - classes: the number of outputs.
  public static func make(_ name: String, input: Shape, classes: Int, seed: UInt64) throws(NetworkError) -> any Layer {
    try check(name)
    guard input.count == 3, input[0] == input[1], LeNet5.inputSizes.contains(input[0]) else {
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
