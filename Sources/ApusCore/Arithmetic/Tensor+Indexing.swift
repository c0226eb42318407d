import ApusSupport

/// Elements by their places. Indices are whole numbers, int32 or such that a float32 literal holds, from 0 on; one that is not on the
/// axis stops the program, with its place and value.
extension Tensor {
  /// Parts along an axis, which the axes of `indices` stand for: rows of a table, channels in another order. PyTorch's `index_select`,
  /// NumPy's `take`: [A, n, B] by indices of shape [I, J] is [A, I, J, B]. The gradient of a part is the sum over its copies.
  public func take(_ indices: Tensor, axis: Int) -> Tensor {
    if isPoisoned { return self }
    let indices = wholeIndices(indices, "take")
    let axis = shape.axis(axis, of: "take")
    let target = Shape(Array(shape[..<axis]) + Array(indices.shape) + Array(shape[(axis + 1)...]))
    return gathered(indices, axis: axis, perElement: false, to: target)
  }

  /// An element for each index: y[i, j, k] = x[i, indices[i, j, k], k] along axis 1. PyTorch's `gather`, NumPy's `take_along_axis`. The
  /// other axes of `indices` are as long as the tensor's, or shorter: then its first elements are meant. The gradient of an element is
  /// the sum over its copies.
  public func gather(_ indices: Tensor, axis: Int) -> Tensor {
    if isPoisoned { return self }
    let indices = wholeIndices(indices, "gather")
    let axis = shape.axis(axis, of: "gather")
    guard indices.rank == rank, shape.indices.allSatisfy({ $0 == axis || indices.shape[$0] <= shape[$0] }) else {
      return shapeFailure(
        "Gather",
        "along axis \(axis) of \(shape) takes indices of its rank, none of the other axes longer; they are \(indices.shape)",
        input: self)
    }
    var x = self
    for other in shape.indices where other != axis && indices.shape[other] < shape[other] {
      x = x.slice(axis: other, range: 0..<indices.shape[other])
    }
    return x.gathered(indices, axis: axis, perElement: true, to: indices.shape)
  }

  private func gathered(_ indices: Tensor, axis: Int, perElement: Bool, to target: Shape) -> Tensor {
    let tape = Tape.recording(self)
    let y = Kernels.gather(self, axis: axis, indices, perElement: perElement, to: target)
    if let tape {
      let input = shape
      tape.record(y, body.node) { gradient in
        let whole = Tensor.zeros(input, gradient.scalarType)
        Kernels.scatterAdd(gradient, axis: axis, indices, perElement: perElement, into: whole)
        return whole
      }
    }
    report("Gather", y, from: [self, indices], as: .gather(axis: axis, perElement: perElement))
    return y
  }

  /// A floating-point tensor with `updates`, of the shape of `indices`, added at their places along an axis:
  /// y[i, indices[i, j, k], k] += updates[i, j, k] along axis 1; the other axes are as long as the tensor's. Several updates of one element
  /// are added in their order. PyTorch's `scatter_add`. The gradient of an update is that of its place.
  public func scatterAdd(_ indices: Tensor, _ updates: Tensor, axis: Int) -> Tensor {
    if isPoisoned { return self }
    if updates.isPoisoned { return updates }
    requireFloatingPoint("scatterAdd")
    let indices = wholeIndices(indices, "scatterAdd")
    var (x, updates) = (self, updates)
    Tensor.matchTypes(&x, &updates, "ScatterAdd")
    let axis = shape.axis(axis, of: "scatterAdd")
    var expected = shape
    if indices.rank == rank { expected[axis] = indices.shape[axis] }
    guard indices.shape == expected, updates.shape == expected else {
      return shapeFailure(
        "ScatterAdd",
        "along axis \(axis) of \(shape) takes indices and updates of one shape, like it but for that axis; they are \(indices.shape) and \(updates.shape)",
        input: self)
    }
    let tape = Tape.recording(x, updates)
    let y = Kernels.gather(x, shape: x.shape, strides: x.shape.contiguousStrides)
    Kernels.scatterAdd(updates, axis: axis, indices, perElement: true, into: y)
    if let tape {
      tape.record(y, x.body.node, updates.body.node) { gradient, needs in
        let ofUpdates =
          needs[1] ? Kernels.gather(gradient, axis: axis, indices, perElement: true, to: indices.shape) : nil
        return (needs[0] ? gradient : nil, ofUpdates)
      }
    }
    report("ScatterAdd", y, from: [x, indices, updates], as: .scatterAdd(axis: axis))
    return y
  }

  /// The sums of a floating-point tensor from the beginning of an axis on: y[k] = x[0] + … + x[k]. They are kept in double precision
  /// and rounded one by one. The gradient is the same from the end on.
  public func cumulativeSum(axis: Int) -> Tensor {
    if isPoisoned { return self }
    requireFloatingPoint("cumulativeSum")
    return cumulativeSum(shape.axis(axis, of: "cumulativeSum"), reversed: false)
  }

  /// `reversed`: from the end of the axis on.
  package func cumulativeSum(_ axis: Int, reversed: Bool) -> Tensor {
    let tape = Tape.recording(self)
    let y = Kernels.cumulativeSum(self, axis: axis, reversed: reversed)
    tape?.record(y, body.node) { $0.cumulativeSum(axis, reversed: !reversed) }
    report("CumulativeSum", y, from: [self], as: .cumulativeSum(axis: axis, reversed: reversed))
    return y
  }

  /// The places along an axis in the order of their elements (int32): the smallest first, or the largest. Equal elements keep their
  /// order, and NaN is larger than any number. Not differentiable; `gather` by it sorts, differentiably.
  public func argSorted(axis: Int = -1, descending: Bool = false) -> Tensor {
    if isPoisoned { return self }
    let axis = shape.axis(axis, of: "argSorted")
    return ordered(axis, count: shape[axis], descending: descending)
  }

  /// The `count` largest elements along an axis, largest first, and their places (int32), or the smallest. Of equal elements the first
  /// comes first, and NaN is larger than any number. The gradient flows to the elements that were taken. More elements than the axis
  /// has trap, or fail a `plan`.
  public func topK(_ count: Int, axis: Int = -1, smallest: Bool = false) -> (values: Tensor, indices: Tensor) {
    if isPoisoned { return (self, self) }
    if count < 0 { fatalError("topK of \(count) elements, expected 0 or more") }
    let axis = shape.axis(axis, of: "topK")
    if count > shape[axis] {
      let poison = shapeFailure("TopK", "of \(count) elements along axis \(axis) of \(shape)", input: self)
      return (poison, poison)
    }
    let places = ordered(axis, count: count, descending: !smallest)
    return (gathered(places, axis: axis, perElement: true, to: places.shape), places)
  }

  /// Along the last axis; another changes places with it, and back.
  private func ordered(_ axis: Int, count: Int, descending: Bool) -> Tensor {
    if axis != rank - 1 {
      var order = Array(0..<rank)
      order.swapAt(axis, rank - 1)
      return detached().transposed(order).ordered(rank - 1, count: count, descending: descending).transposed(order)
    }
    let y = Kernels.order(detached(), count: count, descending: descending)
    report("Order", y, from: [self], as: .order(count: count, descending: descending))
    return y
  }
}

/// Indices as int32: whole numbers of another type are taken exactly, others are refused.
private func wholeIndices(_ indices: Tensor, _ function: StaticString) -> Tensor {
  if indices.scalarType == .int32 { return indices }
  requireConstant(indices, function, "indices")
  requireEach(indices, function, "index", "a whole number") { Int32(exactly: $0) != nil }
  return indices.cast(to: .int32)
}
