extension NetworkCatalogue {
  /// A network with the weights of a file; initial values are not drawn first.
  ///
  /// - Parameters:
  ///   - input: a batch's shape `[N, H, W, C]`.
  ///   - classes: the number of outputs, where it is not to follow from the file: see `classes(of:in:layout:)`.
  ///   - layout: in place of what the file says; see `Layer.load(_:input:layout:strict:ignoring:)`.
  /// - Throws: `NetworkError`, `WeightsError`, or `PlanError` where the network does not take the input.
  public static func make(
    _ name: String, weights file: WeightsFile, input: Shape, classes: Int? = nil, layout: WeightsFile.Layout? = nil
  ) throws -> (model: any Layer, receipt: LoadReceipt) {
    let entry = try entry(name)
    guard input.count == 4, input.allSatisfy({ $0 > 0 }) else {
      throw NetworkError(description: "\(name) takes batches of shape [N, H, W, C], not \(input)")
    }
    let count = try classes ?? self.classes(of: name, in: file, layout: layout) ?? entry.usualClasses
    let model = try outline(name, input: Shape(input.dropFirst()), classes: count)
    // Every value that the outline lacks comes from the file: strict.
    let receipt = try model.load(file, input: input, layout: layout)
    return (model, receipt)
  }

  /// The number of classes of a file's weights: the size of that axis of the network's tensors that depends on the number of classes,
  /// in the first of them that the file has (`fc.weight`). `nil` where there is none.
  public static func classes(
    of name: String, in file: WeightsFile, layout: WeightsFile.Layout? = nil
  ) throws(NetworkError) -> Int? {
    let entry = try entry(name)
    return try size(of: name, in: file, layout) { classes in (entry.usualInput, entry.usualClasses + (classes ? 1 : 0))
    }
  }

  /// The number of channels of the images that a file's weights were made for, found in the same way. `nil` where it cannot be.
  public static func channels(
    of name: String, in file: WeightsFile, layout: WeightsFile.Layout? = nil
  ) throws(NetworkError) -> Int? {
    let entry = try entry(name)
    return try size(of: name, in: file, layout) { other in
      var input = entry.usualInput
      if other { input[2] += 1 }
      return (input, entry.usualClasses)
    }
  }

  /// Two outlines that differ by one in what is asked for show which axis of which tensor it is.
  private static func size(
    of name: String, in file: WeightsFile, _ layout: WeightsFile.Layout?, _ variant: (Bool) -> (Shape, Int)
  ) throws(NetworkError) -> Int? {
    let entry = try entry(name)
    let (usual, other) = (variant(false), variant(true))
    if entry.refusal(other.0, other.1) != nil { return nil }
    let layout = layout ?? file.recordedLayout ?? .pytorch
    let slots = WeightSlots(try outline(name, input: usual.0, classes: usual.1), layout).slots
    let changed = WeightSlots(try outline(name, input: other.0, classes: other.1), layout).slots
    let tensors = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.value.shape) })
    for (slot, different) in zip(slots, changed) where slot.shape != different.shape {
      let (a, b) = (slot.layout.exported(slot.shape), different.layout.exported(different.shape))
      guard let found = tensors[slot.name], found.count == a.count else { continue }
      guard let axis = a.indices.first(where: { a[$0] != b[$0] }), found[axis] > 0 else { continue }
      return found[axis]
    }
    return nil
  }
}
