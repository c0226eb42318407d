import ApusSupport

extension Tensor {
  /// More elements at the beginning and at the end of each axis, as many as `widths` says, an entry per axis: a number, or the
  /// tensor's own elements.
  ///
  /// ```swift
  /// let framed = images.padded([(0, 0), (1, 1), (2, 2), (0, 0)], mode: .reflect)
  /// ```
  /// Widths are 0 or more; `slice` and subscripts take elements away. Widths that the shape does not allow (of another number of axes,
  /// a reflection as wide as the axis, a replication of an axis without elements) trap, or fail a `plan`. The gradient of an element
  /// is the sum over its copies.
  public func padded(_ widths: [(before: Int, after: Int)], mode: PaddingMode = .constant(0)) -> Tensor {
    padded(widths, mode: mode, isListed: true)
  }

  /// `isListed`: whether plans have a row for it.
  package func padded(
    _ widths: [(before: Int, after: Int)], mode: PaddingMode = .constant(0), isListed: Bool
  ) -> Tensor {
    if isPoisoned { return self }
    let (before, after) = (widths.map(\.before), widths.map(\.after))
    for width in before + after where width < 0 || width > IntOrPair.largest {
      fatalError("padded: width \(width), expected 0...\(IntOrPair.largest); slice takes elements away")
    }
    if let problem = paddingProblem(before, after, mode) { return shapeFailure("Pad", problem, input: self) }
    let axes = shape.indices.filter { before[$0] + after[$0] > 0 }
    if axes.isEmpty { return self }
    let tape = Tape.recording(self)
    let y: Tensor
    if case .constant(let number) = mode {
      y = Kernels.padded(self, before, after, number)
      if let tape {
        let (input, strides) = (shape, y.shape.contiguousStrides)
        let offset = zip(before, strides).reduce(0) { $0 + $1.0 * $1.1 }
        tape.record(y, body.node) { Kernels.gather($0, shape: input, strides: strides, offset: offset) }
      }
    } else {
      var steps: [AxisPadding] = []
      for axis in axes {
        steps.append(
          AxisPadding(steps.last?.target ?? shape, axis: axis, before: before[axis], after: after[axis], mode))
      }
      y = steps.reduce(self) { $1.forward($0) }
      if let tape {
        tape.record(y, body.node) { [steps] gradient in steps.reversed().reduce(gradient) { $1.backward($0) } }
      }
    }
    report(
      "Pad", y, from: [self], as: .pad(before: before, after: after, mode),
      with: .init(
        window: rank == 4 ? .init(kernel: (1, 1), stride: (1, 1), before: (before[1], before[2])) : nil),
      isListed: isListed)
    return y
  }

  private func paddingProblem(_ before: [Int], _ after: [Int], _ mode: PaddingMode) -> String? {
    if before.count != rank { return "by \(before.count) pairs of widths of a tensor of shape \(shape)" }
    for axis in shape.indices where before[axis] + after[axis] > 0 {
      let (size, widest) = (shape[axis], Swift.max(before[axis], after[axis]))
      switch mode {
      case .reflect where widest >= size:
        return "by a reflection of \(widest) elements, expected fewer than axis \(axis) of \(shape) has"
      case .replicate where size == 0: return "by copies of the edge of axis \(axis) of \(shape), which has no element"
      default: break
      }
    }
    return nil
  }
}
