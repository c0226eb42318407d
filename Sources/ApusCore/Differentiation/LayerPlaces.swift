/// The layers that are being called in a scope, the outermost first, and those that each of them has called before.
///
/// A call costs an entry; what a layer is called in its model is found out only where somebody asks, by `LayerNaming`.
struct LayerPlaces {
  struct Place {
    let layer: any Model
    /// Once it was asked for; `.some(nil)`: it has none.
    var path: String??
    /// Its type and settings, once they were compared with another one's.
    var text: String?
  }

  /// A layer that calls others in a loop keeps no more of them.
  private static let mostSiblings = 1000

  /// Each open call is followed by the calls that it has made, of which the last may be open, too.
  private(set) var calls: [Place] = []
  /// Places in `calls` of the open ones.
  private(set) var open: [Int] = []
  /// Finds paths in the scope's model, and from the outermost open call on; made when they are needed for the first time.
  var (modelNaming, naming): ((any LayerNaming)?, (any LayerNaming)?)

  mutating func enter(_ layer: any Model) {
    open.append(calls.count)
    calls.append(Place(layer: layer))
  }

  mutating func leave() {
    let place = open.removeLast()
    // An outermost call has no siblings that could be confused with it; of many the first ones do.
    let isKept = open.last.map { place - $0 <= LayerPlaces.mostSiblings } ?? false
    calls.removeSubrange((isKept ? place + 1 : place)...)
  }

  var innermost: (any Model)? { open.last.map { calls[$0].layer } }

  mutating func setPath(_ path: String?, ofCall place: Int) { calls[place].path = .some(path) }

  /// How many layers of the same type and settings an open call's caller has called before it.
  mutating func countOfAlike(before depth: Int) -> Int {
    if depth == 0 { return 0 }
    let own = text(ofCall: open[depth])
    let type = Swift.type(of: calls[open[depth]].layer)
    return (open[depth - 1] + 1..<open[depth]).count {
      Swift.type(of: calls[$0].layer) == type && text(ofCall: $0) == own
    }
  }

  /// A layer without state is all told by its text.
  private mutating func text(ofCall place: Int) -> String {
    if let known = calls[place].text { return known }
    let text = LayerPlaces.text(of: calls[place].layer)
    calls[place].text = text
    return text
  }

  static func text(of layer: any Model) -> String {
    var text = ""
    dump(layer, to: &text)
    return text
  }
}

/// Finds layers in a model.
protocol LayerNaming: AnyObject {
  /// The path of a layer in the model, `nil` where it is not found.
  ///
  /// - Parameters:
  ///   - outer: the path of the layer that called it; `nil`: it may be anywhere.
  ///   - countOfAlike: how many of the same type and settings that one has called before; asked where layers cannot be told apart
  ///     otherwise.
  func path(of layer: any Model, within outer: String?, countOfAlike: () -> Int) -> String?
}

extension Layer {
  /// Runs `body` as a call of this layer, as `callAsFunction` runs `forward`: for one that takes or makes something else than one
  /// tensor.
  ///
  /// - Parameter told: which tensor of the result listeners are told as the layer's.
  package func called<Result>(_ body: () -> Result, telling told: (Result) -> Tensor?) -> Result {
    guard let scope = Scope.current else { return body() }
    scope.enter(self)
    let result = body()
    scope.leave(telling: told(result))
    return result
  }
}

extension Scope {
  func enter(_ layer: some Model) { places.enter(layer) }

  func leave() { places.leave() }

  /// `result`: looked at only where somebody listens, and not replaced.
  func leave(telling result: @autoclosure () -> Tensor?) {
    if isListenedTo, let result = result() { _ = tellLayerReturned(result) }
    leave()
  }

  /// Whether a call of such a layer was the last thing that happened.
  func isEntering(_ type: any Model.Type) -> Bool { places.innermost.map { Swift.type(of: $0) == type } ?? false }
}
