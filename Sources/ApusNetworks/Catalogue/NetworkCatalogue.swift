import ApusCore
import ApusSupport

/// The networks that are known by name.
public enum NetworkCatalogue {
  /// A network: what it is called, where it comes from, how it is made.
  public struct Entry: Sendable {
    /// As people write it to a command: `resnet50.torchvision`.
    public let name: String
    /// As people write it in a text: `ResNet-50`.
    package let title: String
    /// What tells it from others of its title; empty if there is one.
    package let variant: String
    /// Authors and year.
    public let paper: String
    /// The shape `[H, W, C]` of the images that it was made for.
    public let usualInput: Shape
    /// The number of outputs that it was made with.
    public let usualClasses: Int
    /// Why it cannot be made for images of a shape `[H, W, C]` and a number of classes.
    package let refusal: @Sendable (_ input: Shape, _ classes: Int) -> String?
    let make: @Sendable (_ input: Shape, _ classes: Int) -> any Layer
    /// Whether it gives scores for pixels, [N, H, W, classes], and not for the image.
    package var isDense = false
  }

  /// LeNets first, then the networks for CIFAR-10, for ImageNet, those that are named as in torchvision last, and for segmentation.
  public static let entries: [Entry] =
    lenets + cifarNetworks + imageNetworks + torchvisionNetworks + segmentationNetworks

  /// Full names, in the order of `entries`; `entry(_:)` knows short ones too.
  public static var names: [String] { entries.map(\.name) }

  /// Names of families with the variant that is meant where nothing is said.
  private static let families = [
    "alexnet": "torchvision", "googlenet": "torchvision", "resnet50": "torchvision", "resnet101": "torchvision",
    "resnet152": "torchvision", "fcn": "8s", "unet": "paper",
  ]

  /// The entry of a name, of those that were registered too; `resnet50` is `resnet50.torchvision`.
  public static func entry(_ name: String) throws(NetworkError) -> Entry {
    if let entry = known(name) { return entry }
    if name.hasSuffix(".swift") {
      throw NetworkError(
        description: "there is no network \"\(name)\"; one of your own is trained by its program: apus script \(name)")
    }
    let own = registered.locked { $0.map(\.name) }
    let nearest =
      EditDistance.nearest(to: name, in: names + families.keys.sorted() + own).map { "; the nearest known is \($0)" }
      ?? ""
    throw NetworkError(description: "there is no network \"\(name)\"\(nearest)")
  }

  /// The entry of a name, if there is one.
  package static func known(_ name: String) -> Entry? {
    let full = families[name].map { name + "." + $0 } ?? name
    return entries.first { $0.name == full } ?? registered.locked { own in own.first { $0.name == name } }
  }

  /// Throws if no network has this name, and says which one is nearest.
  package static func check(_ name: String) throws(NetworkError) { _ = try entry(name) }

  /// A network's name as people write it; of an unknown one, the name given.
  package static func title(of name: String) -> String { (try? entry(name))?.title ?? name }

  /// The shape `[H, W, C]` of the images that a network was made for.
  package static func usualInput(of name: String) throws(NetworkError) -> Shape { try entry(name).usualInput }

  /// A network whose parameters have shapes but no values and no memory: for plans, at once even for VGG-19. Reading a value traps.
  package static func outline(_ name: String, input: Shape, classes: Int) throws(NetworkError) -> any Layer {
    let scope = Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0), plannedMemory: PlannedMemory())
    let result = scope.run { () -> Result<any Layer, NetworkError> in
      do throws(NetworkError) {
        return .success(try make(name, input: input, classes: classes, seed: 0))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Makes a network with initial values drawn from `seed`.
  ///
  /// - Parameters:
  ///   - input: an image's shape `[H, W, C]`.
  ///   - classes: the number of outputs.
  public static func make(_ name: String, input: Shape, classes: Int, seed: UInt64) throws(NetworkError) -> any Layer {
    let entry = try entry(name)
    guard input.count == 3, input.allSatisfy({ $0 > 0 }) else {
      throw NetworkError(description: "\(name) takes images of shape [H, W, C], not \(input)")
    }
    if classes < 1 { throw NetworkError(description: "\(name) with \(classes) classes: at least one is needed") }
    if let problem = entry.refusal(input, classes) { throw NetworkError(description: "\(name) \(problem)") }
    return Random.withSeed(seed) { entry.make(input, classes) }
  }
}

/// A network that is not known, or that cannot be made for the data.
public struct NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: what the network does not take, or that there is none of the name, with the nearest one.
  public let description: String

  package init(description: String) { self.description = description }
}
