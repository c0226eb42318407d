/// In what order the last axis of a planned tensor lists its features, and in what order PyTorch's tensor does. PyTorch flattens
/// (C, H, W), Apus [H, W, C], so that the rows of a linear layer behind it lie differently in files.
package enum FeatureOrder: Hashable, Sendable {
  /// The same in both.
  case same
  /// The features of an image of these sizes: positions in their order, channels last.
  case flattened(Shape)
  /// Positions and channels are known, in the order that they have here; how PyTorch's tensor lists them depends on its code.
  case open([Axis], by: String)
  /// Features of a flattened image, moved or joined by what is named.
  case unclear(String)

  /// An axis of an image that was flattened.
  package struct Axis: Hashable, Sendable {
    package enum Name: Hashable, Sendable { case height, width, channels }
    package var name: Name
    package var size: Int
  }

  init(_ parts: [FeatureAxes.Part]) {
    for part in parts {
      if case .lost(let name) = part.meaning {
        self = .unclear(name)
        return
      }
    }
    let pieces = Self.pieces(parts)
    let positions = pieces.filter { $0.meaning != .same }
    let ascend = zip(positions, positions.dropFirst()).allSatisfy { $0.place.lexicographicallyPrecedes($1.place) }
    let isCertain = positions.allSatisfy { $0.meaning == .position }
    let lead = pieces.first?.meaning == .same
    let hasBoth = !positions.isEmpty && positions.count < pieces.count
    if ascend && pieces.count - positions.count <= 1 {
      if !hasBoth || lead && isCertain {
        self = .same
        return
      }
      if pieces.last?.meaning == .same && isCertain {
        self = .flattened(Shape(pieces.map(\.size)))
        return
      }
    }
    let reason = ascend && !isCertain ? "Linear" : "Transpose"
    self = Self.axes(parts).map { .open($0, by: reason) } ?? .unclear(reason)
  }

  /// Height, width and channels, each in one piece; `nil` if they are not, or not known.
  package static func axes(_ parts: [FeatureAxes.Part]) -> [Axis]? {
    let pieces = pieces(parts)
    let places = pieces.filter { $0.meaning != .same }.map(\.place).sorted { $0.lexicographicallyPrecedes($1) }
    if !parts.allSatisfy(\.isKnown) || pieces.count - places.count > 1 || places.count > 2
      || Set(places).count < places.count
    {
      return nil
    }
    return pieces.map { piece in
      let isWidth = piece.place == places.last
      return Axis(name: piece.meaning == .same ? .channels : isWidth ? .width : .height, size: piece.size)
    }
  }

  /// Neighbors that belong together as one: channels, and the halves of a position that was cut.
  private static func pieces(_ parts: [FeatureAxes.Part]) -> [FeatureAxes.Part] {
    var pieces: [FeatureAxes.Part] = []
    for part in parts {
      if let last = pieces.last, last.meaning == .same && part.meaning == .same || last.isContinued(by: part) {
        pieces[pieces.count - 1].size *= part.size
        if part.meaning != .same { pieces[pieces.count - 1].place.removeLast() }
      } else {
        pieces.append(part)
      }
    }
    return pieces
  }
}

extension FeatureAxes.Part {
  /// Whether `next` is the second half of what this is the first half of.
  fileprivate func isContinued(by next: FeatureAxes.Part) -> Bool {
    meaning != .same && meaning == next.meaning && place.last == 0 && next.place == place.dropLast() + [1]
  }
}

/// Listens while a model runs on shapes alone: what each of its layers was given, as far as the order of features matters to its
/// weights.
package final class FeatureOrders: OperationListener {
  /// What a layer was given.
  package struct Given: Hashable, Sendable {
    package var order: FeatureOrder
    /// As they were flattened here; `nil` if that is not known.
    package var axes: [FeatureOrder.Axis]?
  }

  /// By the layer's path.
  package private(set) var layers: [String: Given] = [:]

  /// By memory and shape, as views share memory. The tensors are held, so that no memory has two meanings.
  private var known: [Place: FeatureAxes] = [:]
  private var held: [Tensor] = []
  /// Those that an operation has told about.
  private var reported: Set<Place> = []

  private struct Place: Hashable {
    let memory: ObjectIdentifier
    let shape: Shape

    init(_ tensor: Tensor) { (memory, shape) = (ObjectIdentifier(tensor.body.storage), tensor.shape) }
  }

  package init() {}

  package func operationRan(_ report: OperationReport, in scope: Scope) {
    let inputs = report.inputs.compactMap { $0 }
    guard let first = inputs.first else { return }
    held.append(report.result)
    let (place, shape, name) = (Place(report.result), report.result.shape, "\(report.name)")
    let isReported = !reported.insert(place).inserted
    let x = axes(of: first)
    let y: FeatureAxes
    switch report.details.features ?? report.operation?.featureEffect ?? .moves {
    case .reshapes: y = x.reshaped(shape, by: name)
    case .permutes(let permutation): y = x.permuted(permutation)
    case .joins(let axis): y = .joined(inputs.map(axes), axis: axis, to: shape, by: name)
    case .reduces(let reduced, let keepsAxes): y = x.reduced(reduced, keepsAxes: keepsAxes)
    case .multiplies: y = x.multiplied(by: axes(of: inputs[1]))
    case .windows: y = x.windowed(to: shape, by: name)
    case .keeps:
      y = inputs.dropFirst().reduce(x.merged(with: x, to: shape, by: name)) {
        $0.merged(with: axes(of: $1), to: shape, by: name)
      }
    case .moves:
      // A whole whose parts have reported themselves, or a view of what a reshape has told about, is known.
      if (!report.isListed && isReported) || place.memory == Place(first).memory { return }
      y = x.moved(to: shape, by: name)
    case .weighs(.eachFeature):
      add(x, at: scope.path ?? "")
      y = x
    case .weighs(.eachChannel):
      add(x, at: scope.path ?? "")
      y = x.asSignal()
    case .weighs(.allFeatures):
      add(x, at: scope.path ?? "")
      y = x.weighed(outputs: shape.last ?? 1)
    case .weighs(.filters):
      let isImage = FeatureOrder(x.features) == .same
      add(isImage ? x : x.moved(to: first.shape, by: name), at: scope.path ?? "")
      y = (isImage ? x : FeatureAxes(first.shape)).filtered(to: shape, by: name)
    }
    known[place] = y
  }

  private func axes(of tensor: Tensor) -> FeatureAxes { known[Place(tensor)] ?? FeatureAxes(tensor.shape) }

  /// A layer that is used twice must be given the same order.
  private func add(_ x: FeatureAxes, at path: String) {
    let given = Given(order: FeatureOrder(x.features), axes: FeatureOrder.axes(x.features))
    if let known = layers[path], known.order != given.order {
      layers[path] = Given(order: .unclear("a second use of the layer"), axes: nil)
    } else {
      layers[path] = given
    }
  }
}
