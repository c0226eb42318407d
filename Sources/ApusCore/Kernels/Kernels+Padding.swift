/// The copies that lengthen one axis by elements of its own. The ends are read into memory of their own first, as a copy has strides
/// on one side alone.
package struct AxisPadding {
  /// What is read from x, contiguous, and written into the result; a gradient goes the other way.
  package struct Strip {
    package let shape: Shape
    /// In x: the first element's distance from the beginning, and the distances between elements, of which the axis may have 0
    /// (the same element again) or a negative one.
    fileprivate let source: (offset: Int, strides: [Int])
    fileprivate let target: (offset: Int, strides: [Int])

    package var read: CopyKernel { CopyKernel(gathering: shape, strides: source.strides, offset: source.offset) }
    package var written: CopyKernel { CopyKernel(scattering: shape, strides: target.strides, offset: target.offset) }
  }

  package let target: Shape
  package let strips: [Strip]
  private let source: Shape
  private let axis: Int
  private let place: [Int]
  private let mode: PaddingMode

  /// By elements of x: `mode` is not a constant.
  package init(_ x: Shape, axis: Int, before: Int, after: Int, _ mode: PaddingMode) {
    var target = x
    target[axis] = before + x[axis] + after
    var place = [Int](repeating: 0, count: x.count)
    place[axis] = before
    let (from, to, size) = (x.contiguousStrides, target.contiguousStrides, x[axis])
    func strip(_ count: Int, element: Int, at start: Int) -> Strip? {
      if count == 0 { return nil }
      var (shape, strides) = (x, from)
      shape[axis] = count
      strides[axis] *= mode == .reflect ? -1 : 0
      return Strip(shape: shape, source: (element * from[axis], strides), target: (start * to[axis], to))
    }
    let reflects = mode == .reflect
    strips = [
      strip(before, element: reflects ? before : 0, at: 0),
      strip(after, element: reflects ? size - 2 : size - 1, at: before + size),
    ].compactMap { $0 }
    (self.target, source, self.axis, self.place, self.mode) = (target, x, axis, place, mode)
  }

  /// x itself into the result.
  package var middle: CopyKernel { CopyKernel(placing: source, in: target, at: place) }

  func forward(_ x: Tensor) -> Tensor {
    let y = Tensor(uninitialized: target, x.scalarType)
    middle.launch(x.scalarType, y.body.storage, x.body.storage)
    for strip in strips {
      let part = strip.read.making(strip.shape, x.scalarType, x.body.storage)
      strip.written.launch(x.scalarType, y.body.storage, part.body.storage)
    }
    return y
  }

  /// dx: the gradient of each element of x, and of its copies.
  func backward(_ gradient: Tensor) -> Tensor {
    let strides = target.contiguousStrides
    let dx = Kernels.gather(gradient, shape: source, strides: strides, offset: place[axis] * strides[axis])
    for strip in strips {
      var part = Kernels.gather(gradient, shape: strip.shape, strides: strides, offset: strip.target.offset)
      if mode == .replicate { part = Kernels.reduce(.sum, part, axes: axis..<axis + 1) }
      let (offset, own) = strip.source
      let present = Kernels.gather(dx, shape: part.shape, strides: own, offset: offset)
      Kernels.scatter(
        Kernels.binary(.add, present, part, shape: part.shape), into: dx, strides: own, offset: offset)
    }
    return dx
  }
}

extension CopyKernel {
  /// x as a block of y, from the element y[place] on.
  package init(placing x: Shape, in y: Shape, at place: [Int]) {
    let strides = y.contiguousStrides
    self.init(scattering: x, strides: strides, offset: zip(place, strides).reduce(0) { $0 + $1.0 * $1.1 })
  }
}

extension Kernels {
  /// A number around x.
  static func padded(_ x: Tensor, _ before: [Int], _ after: [Int], _ number: Double) -> Tensor {
    x.settle()
    let y = Tensor.full(Shape(x.shape.indices.map { before[$0] + x.shape[$0] + after[$0] }), number, x.scalarType)
    if x.elementCount > 0 {
      CopyKernel(placing: x.shape, in: y.shape, at: before).launch(x.scalarType, y.body.storage, x.body.storage)
    }
    return y
  }
}
