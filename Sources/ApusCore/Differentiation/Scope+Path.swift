/// Where in the model an operation runs, for plans, graphs and errors.
extension Scope {
  /// Path of the part of a Sequential that runs now: of those that no walk of a model has named, their indices.
  var path: String? {
    places.reduce(nil as String?) { outer, place in
      let own = place.sequential.pathCell.path ?? outer ?? ""
      return own.isEmpty ? "\(place.index)" : "\(own).\(place.index)"
    }
  }

  /// A Sequential begins.
  func enter(_ sequential: Sequential) { places.append((sequential, -1)) }

  /// Its next layer begins.
  func advance() { places[places.count - 1].index += 1 }

  func leave() { places.removeLast() }

  /// Whether a Sequential runs that no walk of a model has named.
  var isInUnnamedLayers: Bool { places.last.map { $0.sequential.pathCell.path == nil } ?? false }

  /// Gives layers that no walk has named their paths: the model's, or else those within the outermost Sequential that runs.
  func nameLayers() {
    if let model = model ?? places.first?.sequential { _ = ModelWalk(model, for: .naming) }
  }

  /// A scope of plain inference, where there is none: it changes nothing but that errors can tell where they are. `close` ends it.
  static func openedIfNone() -> Scope? {
    if Kernels.threadSlot != nil { return nil }
    let scope = Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0))
    Kernels.threadSlot = Unmanaged.passUnretained(scope).toOpaque()
    return scope
  }

  func close() { Kernels.threadSlot = nil }
}
