import ApusSupport

/// Operations on axes, made of those that move elements.
extension Tensor {
  /// Tensors of one shape side by side on a new axis: three of [H, W] along axis 0 are [3, H, W].
  public static func stacked(_ parts: [Tensor], axis: Int = 0) -> Tensor {
    let parts = widened(parts)
    guard let first = parts.first else { fatalError("stack of no tensors") }
    if let poison = parts.first(where: \.isPoisoned) { return poison }
    for part in parts where part.shape != first.shape || part.scalarType != first.scalarType {
      return shapeFailure(
        "Stack",
        "takes \(first.scalarType) of one shape, \(first.shape), but one is \(part.scalarType) of \(part.shape)",
        input: first)
    }
    let axis = first.newAxis(axis, of: "stack")
    return concatenated(parts.map { $0.unsqueezed(axis) }, axis: axis)
  }

  /// As many parts of equal size along an axis. A size that does not divide traps, or fails a `plan`; `split(sizes:)` takes any.
  public func split(into count: Int, axis: Int = -1) -> [Tensor] {
    if count < 1 { fatalError("split into \(count) parts, expected 1 or more") }
    if isPoisoned { return Array(repeating: self, count: count) }
    let size = shape[shape.axis(axis, of: "split")]
    if size % count != 0 {
      let poison = shapeFailure("Split", "of axis \(axis) of \(shape) into \(count) parts of equal size", input: self)
      return Array(repeating: poison, count: count)
    }
    return split(sizes: Array(repeating: size / count, count: count), axis: axis)
  }

  /// Parts of these sizes along an axis. Sizes that do not add up to the axis trap, or fail a `plan`.
  public func split(sizes: [Int], axis: Int = -1) -> [Tensor] {
    if let size = sizes.first(where: { $0 < 0 || $0 > IntOrPair.largest }) {
      fatalError("split: a part of size \(size)")
    }
    if isPoisoned { return sizes.map { _ in self } }
    let axis = shape.axis(axis, of: "split")
    if sizes.reduce(0, +) != shape[axis] {
      let poison = shapeFailure(
        "Split", "of axis \(axis) of \(shape) into \(sizes), expected sizes that add up to \(shape[axis])", input: self)
      return sizes.map { _ in poison }
    }
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return slice(axis: axis, range: start..<start + size)
    }
  }

  /// Without an axis of size 1; without an argument, without all of them. An axis of another size traps, or fails a `plan`.
  public func squeezed(_ axis: Int? = nil) -> Tensor {
    if isPoisoned { return self }
    guard let axis else { return reshaped(Shape(shape.filter { $0 != 1 })) }
    let place = shape.axis(axis, of: "squeezed")
    if shape[place] != 1 {
      return shapeFailure("Squeeze", "of axis \(axis) of \(shape), expected size 1", input: self)
    }
    return reshaped(Shape(shape.indices.filter { $0 != place }.map { shape[$0] }))
  }

  /// With a new axis of size 1, which has this place in the result; a negative one counts from the result's end.
  public func unsqueezed(_ axis: Int) -> Tensor {
    if isPoisoned { return self }
    var sizes = Array(shape)
    sizes.insert(1, at: newAxis(axis, of: "unsqueezed"))
    return reshaped(Shape(sizes))
  }

  private func newAxis(_ axis: Int, of operation: String) -> Int {
    let place = axis < 0 ? axis + rank + 1 : axis
    if !(0...rank).contains(place) {
      fatalError("\(operation): a new axis \(axis) of a tensor of shape \(shape), expected \(-rank - 1)...\(rank)")
    }
    return place
  }

  /// The whole tensor again and again along each axis, as NumPy's `tile` and PyTorch's `repeat`: a number per axis; more numbers
  /// than axes add axes in front. [a, b] tiled by [2] is [a, b, a, b].
  public func tiled(_ counts: [Int]) -> Tensor {
    if isPoisoned { return self }
    if let count = counts.first(where: { $0 < 0 }) { fatalError("tiled: \(count) times, expected 0 or more") }
    if counts.count < rank {
      return shapeFailure("Tile", "by \(counts), expected a number for each axis of \(shape)", input: self)
    }
    let sizes = Array(repeating: 1, count: counts.count - rank) + shape
    return copied(sizes: sizes, counts: counts, copiesFirst: true)
  }

  /// Each element so many times along an axis, as NumPy's `repeat` and PyTorch's `repeat_interleave`: [a, b] repeated 2 times is
  /// [a, a, b, b].
  public func repeated(_ count: Int, axis: Int) -> Tensor {
    if isPoisoned { return self }
    if count < 0 { fatalError("repeated: \(count) times, expected 0 or more") }
    let axis = shape.axis(axis, of: "repeated")
    return copied(sizes: Array(shape), counts: shape.indices.map { $0 == axis ? count : 1 }, copiesFirst: false)
  }

  /// By an axis more beside each that is copied, before or behind it.
  private func copied(sizes: [Int], counts: [Int], copiesFirst: Bool) -> Tensor {
    var (apart, target, result) = ([Int](), [Int](), [Int]())
    for (size, count) in zip(sizes, counts) {
      result.append(size * count)
      if count == 1 || size == 1 {
        apart.append(size)
        target.append(size * count)
      } else {
        apart += copiesFirst ? [1, size] : [size, 1]
        target += copiesFirst ? [count, size] : [size, count]
      }
    }
    return reshaped(Shape(apart)).broadcast(to: Shape(target)).reshaped(Shape(result))
  }
}
