/// Where in the model an operation runs, for plans, graphs, observers and errors.
extension Scope {
  /// Path of the innermost layer that runs: empty for the model itself, and `nil` where no layer runs, or none that is part of a model.
  package var path: String? {
    for depth in places.open.indices where places.calls[places.open[depth]].path == nil {
      let layer = places.calls[places.open[depth]].layer
      // What opened the scope inside a layer's call is looked into first.
      let outer = depth == 0 ? self.outer?.path : places.calls[places.open[depth - 1]].path ?? nil
      if depth == 0 { places.naming = naming(of: layer) }
      // A constant, as the count is looked up, and kept, while it runs.
      let naming = places.naming
      var found = naming?.path(of: layer, within: outer) { places.countOfAlike(before: depth) }
      if found == nil, depth == 0, outer != nil { found = naming?.path(of: layer, within: nil) { 0 } }
      // A layer that is made on the way is its maker's.
      places.setPath(found ?? outer, ofCall: places.open[depth])
    }
    guard let last = places.open.last else { return outer?.path }
    return places.calls[last].path ?? nil
  }

  /// The model that the scope is for, where the outermost layer is in it; else the outermost layer.
  private func naming(of layer: any Model) -> any LayerNaming {
    if places.modelNaming == nil, let model { places.modelNaming = LayerNames(model, isPart: false) }
    if let naming = places.modelNaming, naming.path(of: layer, within: nil, countOfAlike: { 0 }) != nil {
      return naming
    }
    return LayerNames(layer, isPart: true)
  }

  /// The types of one's own, outside of the library, of the layers that run and of the model, the innermost first.
  var ownLayers: [String] {
    if places.open.isEmpty, let outer { return outer.ownLayers }
    var running = places.open.reversed().map { Swift.type(of: places.calls[$0].layer) as any Model.Type }
    if let model, running.last != Swift.type(of: model) { running.append(Swift.type(of: model)) }
    return running.filter { !$0.isOfTheLibrary }.map { "\($0)" }
  }
}

extension Model {
  /// Whether the type is the library's: its code is known, and is nobody's own layer.
  package static var isOfTheLibrary: Bool {
    let module = String(reflecting: self).prefix { $0 != "." }
    return [
      "ApusCore", "ApusLayers", "ApusNetworks", "ApusInference", "ApusTraining", "ApusInsight", "ApusVision",
      "ApusText", "ApusONNX",
    ].contains(module)
  }
}
