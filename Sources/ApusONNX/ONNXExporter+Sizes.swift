import Apus

/// Shapes that a file's operators take. Sizes that the batch's size decides are computed where the file runs, or are left to the
/// operator (−1 of a Reshape, 1 of an Expand); a size of a trace never stands for them.
extension ONNXExporter {
  /// A value's sizes in a layout.
  func sizes(_ value: Graph.ValueID, _ layout: Layout) -> [TracedSize] {
    let sizes = batch.sizes(value, of: shape(value))
    return layout == .channelsFirst ? ONNXExporter.channelsFirst.map { sizes[$0] } : sizes
  }

  /// Whether the sizes of some of a value's axes are the same for every batch.
  func isFixed(_ value: Graph.ValueID, axes: some Sequence<Int>) -> Bool {
    let sizes = batch.sizes(value, of: shape(value))
    return axes.allSatisfy { sizes[$0].isFixed }
  }

  /// The dimensions of the file's input or output. What depends on the batch has a name, of its own if it is not the batch.
  func dimensions(_ value: Graph.ValueID, _ layout: Layout) -> [ONNXFile.Dimension] {
    var others: [TracedSize] = []
    return sizes(value, layout).map { size in
      if size.isFixed { return .size(size.traces[0]) }
      if size == batch.batch { return .named("N") }
      if !others.contains(size) { others.append(size) }
      let number = others.firstIndex(of: size)! + 1
      return .named(number == 1 ? "M" : "M\(number)")
    }
  }

  /// A Reshape to sizes of which the batch may decide several.
  mutating func reshaped(_ x: String, to sizes: [TracedSize]) throws -> String {
    let varying = sizes.indices.filter { !sizes[$0].isFixed }
    // At most one follows from the others: one that is not a multiple of the batch if there is one.
    let follows = varying.first { multiple(sizes[$0]) == nil } ?? varying.last
    let pieces = try sizes.indices.map { axis -> Piece in
      axis == follows ? .number(-1) : try piece(sizes[axis], "to \(shape(node.output))")
    }
    return emit("Reshape", [x, joined(pieces)])
  }

  /// An Expand of a value in a layout to the node's shape.
  mutating func expanded(_ value: Graph.ValueID, _ layout: Layout) throws -> String {
    let (old, new) = (sizes(value, layout), sizes(node.output, layout))
    let added = new.count - old.count
    let pieces = try new.indices.map { axis -> Piece in
      // 1: as it is.
      let isThere = axis >= added && old[axis - added] == new[axis] && !new[axis].isFixed
      return isThere ? .number(1) : try piece(new[axis], "to \(shape(node.output))")
    }
    return emit("Expand", [try tensor(value, layout), joined(pieces)])
  }

  /// Refuses an operation on images whose height, width or channels the batch decides: its padding, its tables or its filters are
  /// those of one size.
  func requireFixedImages() throws(ONNXError) {
    for value in [node.inputs[0], node.output] where !isFixed(value, axes: 1..<4) {
      throw unsupported(
        "of images \(shape(value)), more than whose first axis depends on the batch: \(BatchTraces.advice)")
    }
  }

  // MARK: Pieces of a shape

  private enum Piece: Hashable {
    case number(Int)
    /// That many times the batch.
    case batches(Int)
  }

  private func multiple(_ size: TracedSize) -> Int? { batch.batch.flatMap(size.multiple) }

  private func piece(_ size: TracedSize, _ what: String) throws(ONNXError) -> Piece {
    if size.isFixed { return .number(size.traces[0]) }
    if let factor = multiple(size) { return .batches(factor) }
    let sizes = zip(size.traces, batch.batch!.traces).map { "\($0) for a batch of \($1)" }.joined(separator: ", ")
    throw unsupported("\(what) has a size that is not a multiple of the batch's, \(sizes): \(BatchTraces.advice)")
  }

  private mutating func joined(_ pieces: [Piece]) -> String {
    var names: [String] = []
    var numbers: [Int] = []
    for piece in pieces {
      switch piece {
      case .number(let number): numbers.append(number)
      case .batches(let factor):
        if !numbers.isEmpty { names.append(integers(numbers)) }
        numbers = []
        names.append(batchSize(times: factor))
      }
    }
    if !numbers.isEmpty || names.isEmpty { names.append(integers(numbers)) }
    return names.count == 1 ? names[0] : emit("Concat", names, [("axis", .integer(0))], named: "shape")
  }

  /// The batch's size where the file runs, of one axis; computed once.
  private mutating func batchSize(times factor: Int) -> String {
    if let name = batchSizes[factor] { return name }
    let name =
      factor == 1
      ? emit("Shape", [file.inputs[0].name], [("start", .integer(0)), ("end", .integer(1))], named: "batch")
      : emit("Mul", [batchSize(times: 1), integers([factor])], named: "batch")
    batchSizes[factor] = name
    return name
  }
}
