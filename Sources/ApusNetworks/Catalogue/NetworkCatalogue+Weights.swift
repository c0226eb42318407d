import ApusCore
import ApusInterchange

extension NetworkCatalogue {
  /// A network with the weights of a file; initial values are not drawn first.
  ///
  /// - Parameters:
  ///   - input: a batch's shape `[N, H, W, C]`.
  ///   - classes: the number of outputs, where it is not to follow from the file: see `classes(of:in:layout:)`.
  ///   - layout: in place of what the file says; see `Layer.load(_:input:layout:flattened:strict:ignoring:)`.
  ///   - flattened: the file's order of the inputs of linear layers behind flattened images; see there.
  /// - Throws: `NetworkError`, `WeightsError`, or `PlanError` if the network does not take the input.
  public static func make(
    _ name: String, weights file: WeightsFile, input: Shape, classes: Int? = nil, layout: WeightsFile.Layout? = nil,
    flattened: [String: FlattenedOrder] = [:]
  ) throws -> (model: any Layer, receipt: LoadReceipt) {
    let entry = try entry(name)
    guard input.count == 4, input.allSatisfy({ $0 > 0 }) else {
      throw NetworkError(description: "\(name) takes batches of shape [N, H, W, C], not \(input)")
    }
    let count = try classes ?? self.classes(of: name, in: file, layout: layout) ?? entry.usualClasses
    let model = try outline(name, input: Shape(input.dropFirst()), classes: count)
    // Every value that the outline lacks comes from the file: strict.
    do {
      return (model, try model.load(file, input: input, layout: layout, flattened: flattened))
    } catch WeightsError.doesNotFit(let receipt) {
      throw otherNetwork(file, in: entry.name, layout: layout) ?? .doesNotFit(receipt)
    }
  }

  /// Throws if a file has another network's weights, or weights for images with other channels: what loading would say of these is
  /// right and no help.
  package static func check(_ file: WeightsFile, fit name: String, channels: Int) throws {
    let slots = try usualSlots(name, file.recordedLayout ?? .pytorch)
    let tensors = try file.named(for: slots).byName
    if slots.slots.contains(where: { tensors[$0.name] == nil }) {
      if let error = otherNetwork(file, in: name) { throw error }
    } else if let expected = try self.channels(of: name, in: file), expected != channels {
      throw WeightsError.otherChannels(file.source, expected: expected, images: channels)
    }
  }

  /// The error that a file's weights are another network's of the catalogue; `nil` if they are not, or are nobody's.
  static func otherNetwork(
    _ file: WeightsFile, in network: String, layout: WeightsFile.Layout? = nil
  ) -> WeightsError? {
    guard let entry = try? entry(network),
      let (found, foundFilters) = owner(of: file, preferred: entry, layout: layout), found != entry.name,
      let filters = try? firstFilters(of: usualSlots(entry.name, layout ?? file.recordedLayout ?? .pytorch))
    else { return nil }
    return .otherNetwork(
      file.source, found: found, foundFilters: foundFilters, network: network, filters: filters.shape)
  }

  /// The network whose names a file's tensors have, all of them and no others, with the fewest of other shapes (those that depend on
  /// classes and channels may be), the preferred one before others as good, and its first filters in the file.
  private static func owner(
    of file: WeightsFile, preferred requested: Entry, layout: WeightsFile.Layout?
  ) -> (name: String, filters: Shape)? {
    let layout = layout ?? file.recordedLayout ?? .pytorch
    var best: (name: String, filters: Shape, wrong: Int)?
    for entry in [requested] + entries {
      guard let slots = try? usualSlots(entry.name, layout), let named = try? file.named(for: slots) else { continue }
      let tensors = named.byName
      let known = Set(slots.slots.map(\.name) + slots.counters)
      if slots.slots.contains(where: { tensors[$0.name] == nil })
        || tensors.keys.contains(where: { !known.contains($0) })
      {
        continue
      }
      let wrong = slots.slots.count { tensors[$0.name]?.shape != $0.layout.exported($0.shape) }
      guard wrong <= 4, wrong < best?.wrong ?? .max, let first = firstFilters(of: slots),
        let stored = tensors[first.name]?.shape, stored.count == 4
      else { continue }
      best = (entry.name, first.layout == .filters ? Shape([2, 3, 1, 0].map { stored[$0] }) : stored, wrong)
    }
    return best.map { ($0.name, $0.filters) }
  }

  private static func usualSlots(_ name: String, _ layout: WeightsFile.Layout) throws -> WeightSlots {
    let entry = try entry(name)
    return WeightSlots(try outline(name, input: entry.usualInput, classes: entry.usualClasses), layout)
  }

  private static func firstFilters(of slots: WeightSlots) -> WeightSlots.Slot? {
    slots.slots.first { $0.shape.count == 4 }
  }

  /// The number of classes of a file's weights: the size of that axis of the network's tensors that depends on the number of classes,
  /// in the first of them that the file has (`fc.weight`). `nil` if there is none.
  package static func classes(
    of name: String, in file: WeightsFile, layout: WeightsFile.Layout? = nil
  ) throws(NetworkError) -> Int? {
    let entry = try entry(name)
    return try size(of: name, in: file, layout) { classes in (entry.usualInput, entry.usualClasses + (classes ? 1 : 0))
    }
  }

  /// The number of channels of the images that a file's weights were made for, found in the same way. `nil` if it cannot be.
  package static func channels(
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
    let all = WeightSlots(try outline(name, input: usual.0, classes: usual.1), layout)
    let slots = all.slots
    let changed = WeightSlots(try outline(name, input: other.0, classes: other.1), layout).slots
    // Where it cannot be said which names are meant, loading says so.
    guard let tensors = try? file.named(for: all).byName else { return nil }
    for (slot, different) in zip(slots, changed) where slot.shape != different.shape {
      let (a, b) = (slot.layout.exported(slot.shape), different.layout.exported(different.shape))
      guard let found = tensors[slot.name]?.shape, found.count == a.count else { continue }
      guard let axis = a.indices.first(where: { a[$0] != b[$0] }), found[axis] > 0 else { continue }
      return found[axis]
    }
    return nil
  }
}
