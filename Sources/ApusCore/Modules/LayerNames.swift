/// The layers of a model by their paths, and how one that is called is found among them.
///
/// Layers are values, so that a layer is known by what it holds: a class by its identity, any other layer by its type and the first
/// parameter or buffer in it. Layers without either (`ReLU`) are alike where type and settings are: these are told apart by the
/// order in which the layer around them calls them, which is taken to be the order of its properties; one that is called more often
/// than there are such properties is the last of them.
final class LayerNames: LayerNaming {
  private struct Entry {
    let path: String
    let layer: any Model
    let type: ObjectIdentifier
    let identity: ObjectIdentifier?
  }

  private let entries: [Entry]

  /// - Parameter isPart: whether paths begin where the parameters of `root` say that it lies, if a model that it is part of has named
  ///   them; otherwise they begin with it.
  init(_ root: any Model, isPart: Bool) {
    let walk = ModelWalk(root, listsLayers: true, for: .describing)
    let base = isPart ? LayerNames.base(of: walk) : ""
    entries = walk.layers.map { path, layer, cell in
      let whole = base.isEmpty ? path : path.isEmpty ? base : "\(base).\(path)"
      return Entry(
        path: whole, layer: layer, type: ObjectIdentifier(type(of: layer)),
        identity: LayerNames.reference(to: layer) ?? cell)
    }
  }

  private static func base(of walk: ModelWalk) -> String {
    for entry in walk.entries {
      let known =
        switch entry.cell {
        case .parameter(let parameter): parameter.path
        case .buffer(let buffer): buffer.path
        }
      if let known, known.hasSuffix(".\(entry.path)") { return String(known.dropLast(entry.path.count + 1)) }
    }
    return ""
  }

  private static func reference(to layer: any Model) -> ObjectIdentifier? {
    type(of: layer) is AnyClass ? ObjectIdentifier(layer as AnyObject) : nil
  }

  func path(of layer: any Model, within outer: String?, countOfAlike: () -> Int) -> String? {
    let type = ObjectIdentifier(Swift.type(of: layer))
    let candidates = entries.filter { entry in
      guard entry.type == type else { return false }
      guard let outer else { return true }
      return entry.path != outer && (outer.isEmpty || entry.path.hasPrefix(outer + "."))
    }
    if candidates.isEmpty { return nil }
    let identity = LayerNames.reference(to: layer) ?? ModelWalk.firstCell(in: layer)
    if let identity { return candidates.first { $0.identity == identity }?.path }
    let text = LayerPlaces.text(of: layer)
    let alike = candidates.filter { $0.identity == nil && LayerPlaces.text(of: $0.layer) == text }
    if alike.count < 2 { return alike.first?.path }
    return alike[min(countOfAlike(), alike.count - 1)].path
  }
}
