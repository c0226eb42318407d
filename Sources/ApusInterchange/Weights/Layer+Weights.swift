import ApusCore

/// Weights in files that others read and write.
extension Layer {
  /// Gives the model a file's weights.
  ///
  /// In PyTorch's layout, names and axes are translated by the type of the layer that a tensor belongs to (`PyTorchTwinned`), never
  /// guessed from shapes, and elements are moved, never computed: reading and writing again gives the same bits. Where a linear
  /// layer is behind a flattened image of more than one pixel, its inputs lie in the order (C, H, W) there; the image's size is found
  /// by a plan for `input`.
  ///
  /// Floating-point numbers of other types become float32. Counters (`num_batches_tracked`) are not read. What a checkpoint's dicts
  /// and wrappers put before the names (`state_dict.module.`) is found and taken off; see `WeightsFile.prefix`.
  ///
  /// - Parameters:
  ///   - input: a batch's shape, `[N, H, W, C]`, as `plan` takes it. Needed by networks like AlexNet and VGG, and by your own with
  ///     convolutions and linear layers, whose `forward` is not run on a shape that was made up; not for Apus' own layout.
  ///   - flattened: the order in which the file lists the inputs of linear layers behind a flattened image, by their paths: where PyTorch's
  ///     code permutes axes before it flattens. Without, it is (C, H, W), and axes that change places here are refused.
  ///   - layout: in place of what the file says. A file that says nothing is taken as PyTorch's, since that is what others write.
  ///   - strict: whether a tensor that is missing, unexpected or of another shape is an error. Without, what matches is loaded.
  ///   - ignoring: paths of the model, and names of the file, that are left as they are and not looked at: a head to be replaced.
  /// - Returns: what became of each tensor.
  /// - Throws: `WeightsError` also if several prefixes match the model's names equally well, or `PlanError` if the model does not take `input`. The model is then unchanged.
  @discardableResult
  public func load(
    _ file: WeightsFile, input: Shape? = nil, layout: WeightsFile.Layout? = nil,
    flattened: [String: FlattenedOrder] = [:], strict: Bool = true,
    ignoring: (_ path: String) -> Bool = { _ in false }
  ) throws -> LoadReceipt {
    try load(
      file, input.map { ForwardPass(self, input: $0) }, probing: featureOrders(probing:), layout: layout,
      flattened: flattened, strict: strict, ignoring: ignoring)
  }
}

extension Network {
  /// As `Layer.load(_:input:layout:flattened:strict:ignoring:)`.
  ///
  /// - Parameter inputs: a shape per tensor that `forward` takes; needed if the network has linear layers.
  @discardableResult
  public func load(
    _ file: WeightsFile, inputs: [Shape]? = nil, layout: WeightsFile.Layout? = nil,
    flattened: [String: FlattenedOrder] = [:], strict: Bool = true,
    ignoring: (_ path: String) -> Bool = { _ in false }
  ) throws -> LoadReceipt {
    try load(
      file, inputs.map { try ForwardPass(self, inputs: $0) }, probing: { _ in nil }, layout: layout,
      flattened: flattened, strict: strict, ignoring: ignoring)
  }

  /// The network's weights for a file; see `load(_:inputs:layout:flattened:strict:ignoring:)`.
  public func weights(
    layout: WeightsFile.Layout = .pytorch, inputs: [Shape]? = nil, flattened: [String: FlattenedOrder] = [:],
    source: String = "the model"
  ) throws -> WeightsFile {
    var slots = WeightSlots(self, layout)
    try slots.arrange(
      inputs.map { try ForwardPass(self, inputs: $0) }, probing: { _ in nil }, flattened: flattened)
    return WeightsFile(slots, layout, source: source)
  }
}

extension Model {
  fileprivate func load(
    _ file: WeightsFile, _ pass: ForwardPass?, probing probe: ([WeightSlots.Slot]) -> FeatureOrders?,
    layout: WeightsFile.Layout?, flattened: [String: FlattenedOrder], strict: Bool, ignoring: (_ path: String) -> Bool
  ) throws -> LoadReceipt {
    let chosen = layout ?? file.recordedLayout ?? .pytorch
    var receipt = LoadReceipt(source: file.source, layout: chosen, isLayoutRecorded: file.recordedLayout == chosen)
    receipt.skipped = file.skipped

    // Names first: a file of another network is told as such even if no input shape is given.
    var slots = WeightSlots(self, chosen)
    let named = try file.named(for: slots)
    receipt.prefix = named.prefix
    receipt.renamed = named.renamed
    receipt.unwrapped = named.unwrapped
    receipt.outside = named.outside
    let values = named.byName
    var tensors = values
    for slot in slots.slots {
      if ignoring(slot.path) || ignoring(slot.name) {
        receipt.ignored.append(slot.path)
        tensors[slot.name] = nil
        continue
      }
      let expected = slot.layout.exported(slot.shape)
      guard let value = tensors.removeValue(forKey: slot.name) else {
        receipt.missing.append(.init(name: slot.name, shape: expected))
        continue
      }
      if value.shape != expected || !value.scalarType.isFloatingPoint {
        receipt.mismatched.append(
          .init(name: slot.name, expected: expected, found: value.shape, foundType: value.scalarType))
        continue
      }
      receipt.matched.append(
        .init(name: slot.name, path: slot.path, change: slot.layout, isDescribed: slot.isDescribed))
    }
    for (name, value) in named.tensors where tensors[name] != nil {
      if slots.counters.contains(name) {
        receipt.counters.append(name)
      } else if ignoring(name) {
        receipt.ignored.append(name)
      } else {
        receipt.unexpected.append(.init(name: name, shape: value.shape))
      }
    }
    if strict && !receipt.isComplete { throw WeightsError.doesNotFit(receipt) }

    let paths = Set(receipt.matched.map(\.path))
    try slots.arrange(
      pass, probing: probe, flattened: flattened, unreached: { receipt.unreached.append($0) },
      ignoring: { !paths.contains($0) })
    let layouts = Dictionary(uniqueKeysWithValues: slots.slots.map { ($0.path, $0.layout) })
    for index in receipt.matched.indices { receipt.matched[index].change = layouts[receipt.matched[index].path]! }
    for slot in slots.slots where paths.contains(slot.path) {
      let value = values[slot.name]!
      if let type = named.convertedTypes[slot.name]
        ?? (value.scalarType == .float32 ? nil : StoredType(value.scalarType).rawValue)
      {
        receipt.converted.append(.init(name: slot.name, from: type))
      }
      slot.set(slot.layout.imported(value.cast(to: .float32), shape: slot.shape))
    }
    return receipt
  }
}

extension WeightsFile {
  fileprivate init(_ slots: WeightSlots, _ layout: Layout, source: String) {
    self.init(
      source: source,
      tensors: slots.slots.map { ($0.name, $0.layout.exported($0.value)) }
        + slots.counters.map { ($0, Tensor([Int32(0)], shape: [])) },
      recordedLayout: layout)
  }
}

extension Layer {
  /// The model's weights for a file, with PyTorch's counters (0) in its layout. See
  /// `load(_:input:layout:flattened:strict:ignoring:)`.
  ///
  /// - Parameter source: names the weights in receipts and errors.
  public func weights(
    layout: WeightsFile.Layout = .pytorch, input: Shape? = nil, flattened: [String: FlattenedOrder] = [:],
    source: String = "the model"
  ) throws -> WeightsFile {
    WeightsFile(try slots(layout, input, flattened), layout, source: source)
  }

  private func slots(
    _ layout: WeightsFile.Layout, _ input: Shape?, _ flattened: [String: FlattenedOrder] = [:]
  ) throws -> WeightSlots {
    var slots = WeightSlots(self, layout)
    try slots.arrange(
      input.map { ForwardPass(self, input: $0) }, probing: featureOrders(probing:), flattened: flattened)
    return slots
  }

  /// Writes the model's weights to the file at `path`, atomically, to be read by `load`.
  ///
  /// - Parameters:
  ///   - layout: Apus' own by default, which needs to know nothing of the input. PyTorch's `load_state_dict` takes `.pytorch`, which is
  ///     the default if an `input` is given, and for an `.npz` file.
  ///   - input: a batch's shape, `[N, H, W, C]`; PyTorch's layout needs it for networks like AlexNet and VGG, with a linear layer behind
  ///     a flattened image.
  ///   - flattened: as in `load`.
  public func save(
    weights path: String, layout: WeightsFile.Layout? = nil, input: Shape? = nil,
    flattened: [String: FlattenedOrder] = [:]
  ) throws {
    // What an npz file holds cannot be said in it.
    let usual: WeightsFile.Layout = input != nil || path.lowercased().hasSuffix(".npz") ? .pytorch : .apus
    try weights(layout: layout ?? usual, input: input, flattened: flattened, source: path).write(to: path)
  }

  /// Writes the model's weights to the file at `path` in Apus' own layout: `save(weights:layout:input:)` with its defaults.
  public func save(_ path: String) throws { try save(weights: path) }

  /// Reads the file at `path`, as `WeightsFile.read` does, and gives the model its weights:
  /// `load(_:input:layout:flattened:strict:ignoring:)`.
  @discardableResult
  public func load(
    _ path: String, input: Shape? = nil, flattened: [String: FlattenedOrder] = [:], strict: Bool = true
  ) throws -> LoadReceipt {
    try load(try WeightsFile.read(path), input: input, flattened: flattened, strict: strict)
  }

  /// The names and shapes of a file in PyTorch's layout, counters included.
  package func pyTorchShapes() -> [(name: String, shape: Shape)] {
    let slots = WeightSlots(self, .pytorch)
    return slots.slots.map { ($0.name, $0.layout.exported($0.shape)) } + slots.counters.map { ($0, []) }
  }

  /// How each parameter and buffer lies in a file in PyTorch's layout, by its path here.
  package func pyTorchLayouts(
    input: Shape?, flattened: [String: FlattenedOrder] = [:]
  ) throws -> [String: WeightLayout] {
    Dictionary(uniqueKeysWithValues: try slots(.pytorch, input, flattened).slots.map { ($0.path, $0.layout) })
  }

  /// Gradients of the parameters in PyTorch's names and axes. Of parameters that the loss does not depend on there are none.
  package func exported(_ gradients: Gradients, input: Shape) throws -> [(name: String, value: Tensor)] {
    try slots(.pytorch, input).slots.compactMap { slot in
      guard case .parameter(let parameter) = slot.cell, let gradient = gradients[parameter] else { return nil }
      return (slot.name, slot.layout.exported(gradient))
    }
  }
}
