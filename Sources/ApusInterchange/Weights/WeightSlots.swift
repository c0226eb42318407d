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
  package init(_ model: some Layer, _ layout: WeightsFile.Layout) {
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

  /// All of it.
  package init(_ model: some Layer, _ layout: WeightsFile.Layout, input: Shape?) throws {
    self.init(model, layout)
    try arrange(model, input: input)
  }

  private mutating func add(_ path: String, _ cell: ModelWalk.Cell) {
    slots.append(Slot(path: path, cell: cell, name: path, layout: .same, isDescribed: false))
  }

  /// Gives the weights behind a flattened image their order.
  ///
  /// - Parameters:
  ///   - input: a batch's shape, for the image's size. See `Layer.load(_:input:layout:strict:ignoring:)`.
  ///   - ignoring: paths whose place in the file does not matter.
  mutating func arrange(
    _ model: some Layer, input: Shape?, ignoring: (_ path: String) -> Bool = { _ in false }
  ) throws {
    guard fileLayout == .pytorch, slots.contains(where: { $0.layout == .matrix && !ignoring($0.path) }) else { return }
    let orders = try input.map { try model.featureOrders($0) } ?? model.featureOrders(probing: slots)
    for index in slots.indices where slots[index].isDescribed && !ignoring(slots[index].path) {
      let slot = slots[index]
      let path = ModelWalk.parent(slot.path)
      guard let order = orders?.layers[path] else {
        if slot.layout == .matrix { throw WeightsError.unknownOrder(path, orders == nil ? .noInput : .notReached) }
        continue
      }
      switch order {
      case nil: break
      case .unclear(let operation): throw WeightsError.unknownOrder(path, .moved(by: operation))
      case .flattened(let image):
        if input == nil { throw WeightsError.unknownOrder(path, .noInput) }
        if slot.layout == .matrix {
          slots[index].layout = .matrixOfImage(image)
        } else if slot.layout == .same, slot.shape == [image.elementCount], !isBiasOfMatrix(slot) {
          slots[index].layout = .vectorOfImage(image)
        }
      }
    }
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

extension Layer {
  /// What order of features each layer is given, for an input of this shape.
  func featureOrders(_ input: Shape) throws -> FeatureOrders {
    let planner = Planner(input: input)
    let orders = FeatureOrders()
    let scope = Scope(planning: planner, of: self)
    scope.add(orders)
    scope.run {
      let start = planner.makeInput()
      // Heads that are for training alone have weights too.
      if let model = self as? any AuxiliaryClassifying {
        for head in model.trainingLogits(start) { _ = head.logits.body.storage }
      } else {
        _ = self(start).body.storage
      }
    }
    if let error = planner.error { throw error }
    return orders
  }

  /// The same where no shape is given: of the first input that the model takes. Whether a layer is given a flattened image of more
  /// than a pixel does not depend on the input's size, only the image's height and width do. `nil` if it takes none of them.
  fileprivate func featureOrders(probing slots: [WeightSlots.Slot]) -> FeatureOrders? {
    if let matrix = slots.first(where: { $0.layout == .matrix }), let orders = try? featureOrders([1, matrix.shape[0]])
    {
      return flattenedInput(matrix.shape[0]) ?? orders
    }
    var candidates: [Shape] = []
    var channels = [3, 1]
    if let filters = slots.first(where: { $0.layout == .filters && $0.shape.count == 4 }) {
      channels.insert(filters.shape[2], at: 0)
    }
    for size in [224, 32, 28, 64, 96, 128, 227, 299, 16, 8] { candidates += channels.map { [1, size, size, $0] } }
    for candidate in candidates {
      if let orders = try? featureOrders(candidate) { return orders }
    }
    return nil
  }

  /// A model that takes a vector may begin with a flatten, which leaves a vector as it is, and be meant for images. The order matters if
  /// they can have three channels: the features are a multiple of 3, and not those of a square gray image.
  private func flattenedInput(_ features: Int) -> FeatureOrders? {
    let side = Int(Double(features).squareRoot().rounded())
    return features % 3 == 0 && side * side != features ? try? featureOrders([1, 1, features / 3, 3]) : nil
  }
}
