/// The layers that are being called in a scope, the outermost first, and those that each of them has called before.
///
/// A call costs an entry; what a layer is called in its model is found out only where somebody asks, by `LayerNaming`.
struct LayerPlaces {
  struct Place {
    let layer: any Layer
    /// Once it was asked for; `.some(nil)`: it has none.
    var path: String??
  }

  /// Each open call is followed by the calls that it has made, of which the last may be open, too.
  private(set) var calls: [Place] = []
  /// Places in `calls` of the open ones.
  private(set) var open: [Int] = []
  /// Finds paths in the scope's model, and from the outermost open call on; made when they are needed for the first time.
  var (modelNaming, naming): ((any LayerNaming)?, (any LayerNaming)?)

  mutating func enter(_ layer: any Layer) {
    open.append(calls.count)
    calls.append(Place(layer: layer, path: nil))
  }

  mutating func leave() {
    let place = open.removeLast()
    // An outermost call has no siblings that could be confused with it.
    calls.removeSubrange((open.isEmpty ? place : place + 1)...)
  }

  var innermost: (any Layer)? { open.last.map { calls[$0].layer } }

  mutating func setPath(_ path: String?, ofCall place: Int) { calls[place].path = .some(path) }

  /// The layers that an open call's caller has called before it.
  func earlier(than depth: Int) -> [any Layer] {
    depth == 0 ? [] : calls[open[depth - 1] + 1..<open[depth]].map(\.layer)
  }
}

/// Finds layers in a model.
protocol LayerNaming: AnyObject {
  /// The path of a layer in the model, `nil` where it is not found.
  ///
  /// - Parameters:
  ///   - outer: the path of the layer that called it; `nil`: it may be anywhere.
  ///   - earlier: the layers that this one has called before.
  func path(of layer: any Layer, within outer: String?, earlier: [any Layer]) -> String?
}

extension Scope {
  func enter(_ layer: some Layer) { places.enter(layer) }

  func leave(returning result: Tensor) {
    if isListenedTo { tellLayerReturned(result) }
    places.leave()
  }

  /// Whether a call of such a layer was the last thing that happened.
  func isEntering(_ type: any Layer.Type) -> Bool { places.innermost.map { Swift.type(of: $0) == type } ?? false }
}
