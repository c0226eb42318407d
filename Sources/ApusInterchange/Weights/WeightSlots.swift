import ApusCore
import ApusLayers

/// A model's parameters and buffers as files know them.
package struct WeightSlots {
  package struct Slot {
    /// Here: `layer1.0.bn1.runningMean`.
    let path: String
    let cell: ModelWalk.Cell
    /// In the file: `layer1.0.bn1.running_mean`.
    package var name: String
    /// In the file.
    package var layout: WeightLayout
    /// Whether the layer's type says name and layout.
    var isDescribed: Bool

    /// The shape here.
    package var shape: Shape {
      switch cell {
      case .parameter(let parameter): parameter.shape
      case .buffer(let buffer): buffer.shape
      }
    }

    var value: Tensor {
      switch cell {
      case .parameter(let parameter): parameter.value.detached()
      case .buffer(let buffer): buffer.value
      }
    }

    func set(_ value: Tensor) {
      switch cell {
      case .parameter(let parameter): parameter.value = value
      case .buffer(let buffer): buffer.value = value
      }
    }
  }

  package var slots: [Slot] = []
  /// Names in the file of integers that are not read.
  package var counters: [String] = []

  private let fileLayout: WeightsFile.Layout

  /// What the types of the layers say. The order of inputs behind a flattened image is yet to be arranged.
  package init(_ model: some Model, _ layout: WeightsFile.Layout) {
    fileLayout = layout
    for entry in ModelWalk(model).entries {
      guard layout == .pytorch, let twin = (entry.owner as? any PyTorchTwinned)?.twin else {
        add(entry.path, entry.cell)
        continue
      }
      let layer = ModelWalk.parent(entry.path)
      let prefix = layer.isEmpty ? "" : layer + "."
      let property = String(entry.path.dropFirst(prefix.count))
      guard let weight = twin.weights.first(where: { $0.property == property }) else {
        add(entry.path, entry.cell)
        continue
      }
      slots.append(
        Slot(
          path: entry.path, cell: entry.cell, name: prefix + weight.name, layout: weight.layout, isDescribed: true))
      // Once a layer, however many weights it has.
      for counter in twin.counters where !counters.contains(prefix + counter) { counters.append(prefix + counter) }
    }
  }

  private mutating func add(_ path: String, _ cell: ModelWalk.Cell) {
    slots.append(Slot(path: path, cell: cell, name: path, layout: .same, isDescribed: false))
  }

  /// Gives the weights behind a flattened image their order.
  ///
  /// - Parameters:
  ///   - pass: what runs the model, for the image's size; `nil` if no shape of an input is known.
  ///   - probe: finds what it can without one.
  ///   - flattened: the file's order of the inputs of layers at these paths.
  ///   - unreached: collects the paths of layers that the pass does not come to, whose inputs are then taken in the file's order; without
  ///     one they are an error.
  ///   - ignoring: paths whose place in the file does not matter.
  mutating func arrange(
    _ pass: ForwardPass?, probing probe: ([Slot]) -> FeatureOrders?, flattened: [String: FlattenedOrder],
    unreached: ((_ path: String) -> Void)? = nil, ignoring: (_ path: String) -> Bool = { _ in false }
  ) throws {
    guard fileLayout == .pytorch, slots.contains(where: { $0.layout == .matrix && !ignoring($0.path) }) else {
      if let path = flattened.keys.min() { throw WeightsError.unknownOrder(path, .notFlattened) }
      return
    }
    let orders = try pass.map { try FeatureOrders(of: $0) } ?? probe(slots)
    if let path = flattened.keys.sorted().first(where: { orders != nil && orders?.layers[$0] == nil }) {
      throw WeightsError.unknownOrder(path, .notReached)
    }
    for index in slots.indices where slots[index].isDescribed && !ignoring(slots[index].path) {
      let slot = slots[index]
      let path = ModelWalk.parent(slot.path)
      guard let given = orders?.layers[path] else {
        if slot.layout != .matrix { continue }
        guard orders != nil, let unreached else {
          throw WeightsError.unknownOrder(path, orders == nil ? .noInput : .notReached)
        }
        unreached(path)
        continue
      }
      guard let image = try Self.image(given, at: path, in: flattened[path]) else { continue }
      if pass == nil { throw WeightsError.unknownOrder(path, .noInput) }
      if slot.layout == .matrix {
        slots[index].layout = .matrixOfImage(image.shape, inFile: image.inFile)
      } else if slot.layout == .same, slot.shape == [image.shape.elementCount], !isBiasOfMatrix(slot) {
        slots[index].layout = .vectorOfImage(image.shape, inFile: image.inFile)
      }
    }
  }

  /// The flattened image that a layer is given, if the file lists its features in another order: its shape here, and the order of its
  /// axes there, `nil` for channels, height, width.
  private static func image(
    _ given: FeatureOrders.Given, at path: String, in order: FlattenedOrder?
  ) throws(WeightsError) -> (shape: Shape, inFile: [Int]?)? {
    guard let order else {
      switch given.order {
      case .same: return nil
      case .flattened(let image): return (image, nil)
      case .open(let axes, let operation):
        throw .unknownOrder(path, .open(by: operation, sizes: axes.map { "\($0.name) \($0.size)" }))
      case .unclear(let operation): throw .unknownOrder(path, .moved(by: operation))
      }
    }
    guard let axes = given.axes else {
      guard case .unclear(let operation) = given.order else { throw .unknownOrder(path, .notFlattened) }
      throw .unknownOrder(path, .moved(by: operation))
    }
    if axes.count < 2 { throw .unknownOrder(path, .notFlattened) }
    let inFile = order.axes.compactMap { name in axes.firstIndex { $0.name == name } }
    return inFile == Array(axes.indices) ? nil : (Shape(axes.map(\.size)), inFile)
  }

  /// A linear layer's bias belongs to its outputs.
  private func isBiasOfMatrix(_ slot: Slot) -> Bool {
    let path = ModelWalk.parent(slot.path)
    return slots.contains {
      guard ModelWalk.parent($0.path) == path else { return false }
      if case .matrixOfImage = $0.layout { return true }
      return $0.layout == .matrix
    }
  }
}

extension FeatureOrders {
  /// What order of features each layer is given when the model runs on shapes.
  package convenience init(of pass: ForwardPass) throws {
    self.init()
    let planner = Planner(inputs: pass.inputs)
    let scope = Scope(planning: planner, of: pass.model)
    scope.add(self)
    scope.run {
      let start = planner.makeInputs()
      // Heads that are for training alone have weights too.
      if let model = pass.model as? any AuxiliaryClassifying {
        for head in model.trainingLogits(start[0]) { _ = head.logits.body.storage }
      } else {
        for (_, tensor) in pass.run(start) { _ = tensor.body.storage }
      }
    }
    if let error = planner.error { throw error }
  }
}

extension Layer {
  /// What order of features each layer is given where no shape is: of the first input that the model takes. Whether a layer is given a
  /// flattened image of more than a pixel does not depend on the input's size, only the image's height and width do. `nil` if it takes
  /// none of them, or takes images and is not the library's: code that reads a shape which was made up could stop the program.
  func featureOrders(probing slots: [WeightSlots.Slot]) -> FeatureOrders? {
    let takesImages = slots.contains { $0.layout == .filters }
    if takesImages
      && !ModelWalk(self, listsLayers: true, for: .describing).layers.allSatisfy({ type(of: $0.layer).isOfTheLibrary })
    {
      return nil
    }
    if let matrix = slots.first(where: { $0.layout == .matrix }), let orders = featureOrders([1, matrix.shape[0]]) {
      return flattenedInput(matrix.shape[0]) ?? orders
    }
    // Tokens.
    if !takesImages, let matrix = slots.first(where: { $0.layout == .matrix }),
      let orders = featureOrders([1, 4, matrix.shape[0]])
    {
      return orders
    }
    var candidates: [Shape] = []
    var channels = [3, 1]
    if let filters = slots.first(where: { $0.layout == .filters && $0.shape.count == 4 }) {
      channels.insert(filters.shape[2], at: 0)
    }
    for size in [224, 32, 28, 64, 96, 128, 227, 299, 16, 8] { candidates += channels.map { [1, size, size, $0] } }
    for candidate in candidates {
      if let orders = featureOrders(candidate) { return orders }
    }
    return nil
  }

  /// A model that takes a vector may begin with a flatten, which leaves a vector as it is, and be meant for images. The order matters if
  /// they can have three channels: the features are a multiple of 3, and not those of a square gray image.
  private func flattenedInput(_ features: Int) -> FeatureOrders? {
    let side = Int(Double(features).squareRoot().rounded())
    return features % 3 == 0 && side * side != features ? featureOrders([1, 1, features / 3, 3]) : nil
  }

  private func featureOrders(_ input: Shape) -> FeatureOrders? {
    try? FeatureOrders(of: ForwardPass(self, input: input))
  }
}
