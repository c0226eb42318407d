import ApusSupport

/// Operations that move elements: a reshape shares storage, everything else copies.
extension Tensor {
  /// The same elements in another shape; −1 for at most one size that follows from the others.
  public func reshaped(_ sizes: Int...) -> Tensor {
    guard let unknown = sizes.firstIndex(of: -1) else { return reshaped(Shape(sizes)) }
    let known = sizes.enumerated().filter { $0.offset != unknown }.reduce(1) { $0 * $1.element }
    if known <= 0 || elementCount % known != 0 {
      fatalError("reshape of \(elementCount) elements, of shape \(shape), to \(sizes): −1 would not be a whole number")
    }
    var sizes = sizes
    sizes[unknown] = elementCount / known
    return reshaped(Shape(sizes))
  }

  /// One axis in place of those from `firstAxis` on: `x.flatten(1)` is [N, the rest], `x.flatten(0)` a vector. Images are flattened in
  /// the order (H, W, C).
  public func flatten(_ firstAxis: Int) -> Tensor {
    if isPoisoned { return self }
    if rank == 0 && firstAxis == 0 { return reshaped([1]) }
    let first = shape.axis(firstAxis, of: "flatten")
    if first == 1 { return ApusCore.flatten(self) }
    return reshaped(Shape(shape[..<first] + [shape[first...].reduce(1, *)]))
  }

  /// The same elements in another shape, in the same storage. A shape of another number of elements traps, or fails a `plan`.
  public func reshaped(_ shape: Shape) -> Tensor {
    if shape == self.shape { return self }
    if shape.elementCount != elementCount {
      return shapeFailure(
        "Reshape", "of shape \(self.shape) to \(shape), which has another number of elements", input: self)
    }
    let tape = Tape.recording(self)
    let y = (body.node < 0 ? self : detached()).viewed(as: shape)
    if let tape {
      let input = self.shape
      tape.record(y, body.node) { $0.reshaped(input) }
    }
    report("Reshape", y, from: [self], as: .reshape, isListed: false)
    return y
  }

  /// Another view of the same storage; records nothing.
  package func viewed(as shape: Shape) -> Tensor {
    let view = Tensor(body: TensorBody(shape: shape, scalarType: scalarType, storage: body.storage))
    view.body.mark = body.mark?.ofView()
    view.body.provenance = body.provenance
    return view
  }

  /// Axes in another order; without an argument, reversed: the transpose of a matrix.
  public func transposed(_ permutation: [Int]? = nil) -> Tensor {
    let order = permutation?.map { shape.axis($0, of: "transpose") } ?? Array((0..<rank).reversed())
    if order.sorted() != Array(0..<rank) {
      fatalError("transpose of shape \(shape): \(order) is no permutation of its axes")
    }
    let tape = Tape.recording(self)
    let strides = shape.contiguousStrides
    let y = Kernels.gather(self, shape: Shape(order.map { shape[$0] }), strides: order.map { strides[$0] })
    if let tape {
      var inverse = order
      for (index, axis) in order.enumerated() { inverse[axis] = index }
      tape.record(y, body.node) { [inverse] in $0.transposed(inverse) }
    }
    report("Transpose", y, from: [self], as: .transpose(permutation: order))
    return y
  }

  /// Repeats axes of size 1, and new outer axes, as broadcasting does.
  public func broadcast(to target: Shape) -> Tensor {
    if shape == target { return self }
    guard Shape.broadcast(shape, target) == target else {
      return shapeFailure("Broadcast", "of shape \(shape) to \(target), which does not fit", input: self)
    }
    let tape = Tape.recording(self)
    let y = Kernels.gather(self, shape: target, strides: shape.broadcastStrides(to: target))
    if let tape {
      let input = shape
      tape.record(y, body.node) { $0.summed(to: input) }
    }
    report("Broadcast", y, from: [self], as: .broadcast)
    return y
  }

  /// The part of an axis in `range`; of every `step`-th element where that is above 1, backwards from the range's end where it is
  /// negative: `x.slice(axis: 2, range: 0..<width, by: -1)` mirrors images. A range beyond the axis traps, or fails a `plan`.
  public func slice(axis: Int, range: Range<Int>, by step: Int = 1) -> Tensor {
    if isPoisoned { return self }
    let axis = shape.axis(axis, of: "slice")
    if step == 0 { fatalError("slice \(range) of axis \(axis) by a step of 0") }
    if range.lowerBound < 0 || range.upperBound > shape[axis] {
      return shapeFailure("Slice", "\(range) of axis \(axis) of a tensor of shape \(shape)", input: self)
    }
    let tape = Tape.recording(self)
    var strides = shape.contiguousStrides
    var target = shape
    target[axis] = range.isEmpty ? 0 : (range.count - 1) / Int(Swift.min(step.magnitude, UInt(Int32.max))) + 1
    let first = step > 0 ? range.lowerBound : range.upperBound - 1
    let offset = first * strides[axis]
    // Of one element no step is taken, however large it is.
    if target[axis] > 1 { strides[axis] *= step }
    let y = Kernels.gather(self, shape: target, strides: strides, offset: offset)
    if let tape {
      let input = shape
      tape.record(y, body.node) { [strides] gradient in
        let whole = Tensor.zeros(input, gradient.scalarType)
        Kernels.scatter(gradient, into: whole, strides: strides, offset: offset)
        return whole
      }
    }
    let end = step > 0 ? range.upperBound : range.lowerBound - 1
    report("Slice", y, from: [self], as: .slice(axis: axis, start: first, end: end, step: step))
    return y
  }

  /// Tensors one after the other along an axis; their other sizes must be equal.
  public static func concatenated(_ parts: [Tensor], axis: Int = -1) -> Tensor {
    let parts = widened(parts)
    guard let first = parts.first else { fatalError("concatenation of no tensors") }
    let axis = first.shape.axis(axis, of: "concatenation")
    var total = first.shape
    total[axis] = 0
    for part in parts {
      var expected = first.shape
      if part.rank == first.rank { expected[axis] = part.shape[axis] }
      if part.shape != expected || part.scalarType != first.scalarType {
        return shapeFailure(
          "Concatenate",
          "along axis \(axis) takes \(first.scalarType) of shapes like \(first.shape), but one is \(part.scalarType) of \(part.shape)",
          input: first)
      }
      total[axis] += part.shape[axis]
    }
    let tape = Tape.recording(parts)
    let y = Tensor(uninitialized: total, first.scalarType)
    let strides = total.contiguousStrides
    var offset = 0
    for part in parts {
      Kernels.scatter(part, into: y, strides: strides, offset: offset * strides[axis])
      offset += part.shape[axis]
    }
    if let tape {
      let sizes = parts.map { $0.shape[axis] }
      tape.record(y, inputs: parts.map { $0.body.node }) { gradient in
        var start = 0
        return sizes.map { size in
          defer { start += size }
          return gradient.slice(axis: axis, range: start..<start + size)
        }
      }
    }
    report("Concatenate", y, from: parts, as: .concatenate(axis: axis))
    return y
  }

  /// Rows of zeros with a 1 at the label: [N] whole numbers to [N, classes] float32. Traps on a label outside 0 ..< classes.
  public static func oneHot(_ labels: Tensor, classes: Int) -> Tensor {
    let values = wholeLabels(labels, "oneHot").array(of: Int32.self)
    return Tensor(shape: [values.count, classes], of: Float.self) { buffer in
      buffer.initialize(repeating: 0)
      for (row, label) in values.enumerated() {
        if label < 0 || label >= classes {
          fatalError("oneHot: label \(label) at index \(row), expected 0...\(classes - 1)")
        }
        buffer[row * classes + Int(label)] = 1
      }
    }
  }
}
