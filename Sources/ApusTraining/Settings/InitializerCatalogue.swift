import ApusLayers
import ApusSupport

/// The initializers of weights that are known by name, for the command and its runs. A new one is one entry here.
public enum InitializerCatalogue {
  /// Those that scale with a layer's fans, with the gain of the ReLU where they have one for it.
  private static let entries: [(name: String, initializer: Initializer)] = [
    ("kaiming-normal", .kaimingNormal()), ("kaiming-uniform", .kaimingUniform()), ("xavier-normal", .xavierNormal()),
    ("xavier-uniform", .xavierUniform()), ("orthogonal", .orthogonal(gain: .relu)), ("random-walk", .randomWalk()),
  ]

  /// All names, in the order of the catalogue.
  public static var names: [String] { entries.map(\.name) }

  /// Throws if no initializer has this name, and says which one is nearest.
  package static func initializer(_ name: String) throws(SettingsError) -> Initializer {
    if let entry = entries.first(where: { $0.name == name }) { return entry.initializer }
    let nearest = EditDistance.nearest(to: name, in: names).map { "; the nearest known is \($0)" } ?? ""
    throw SettingsError(description: "there is no initializer \"\(name)\"\(nearest)")
  }
}
