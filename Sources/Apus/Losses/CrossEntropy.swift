/// Cross-entropy of logits [N, K] with integer labels [N] (int32), mean over the N samples:
///
/// loss = −1/N · Σᵢ log softmax(zᵢ)[labelᵢ];  ∂loss/∂zᵢⱼ = (softmax(zᵢ)ⱼ − [j = labelᵢ]) / N
///
/// Takes logits, not probabilities: the result of a softmax is refused. Traps on a label outside 0 ..< K.
public func crossEntropy(logits: Tensor, labels: Tensor) -> Tensor {
  if logits.isPoisoned { return logits }
  guard logits.rank == 2, labels.rank == 1, labels.shape[0] == logits.shape[0], labels.scalarType == .int32 else {
    return shapeFailure(
      "CrossEntropy",
      "expects logits [N, K] and int32 labels [N], but they are \(logits.shape) and \(labels.scalarType) \(labels.shape)",
      input: logits)
  }
  if logits.elementCount == 0 {
    return shapeFailure("CrossEntropy", "of no samples or classes: logits are \(logits.shape)", input: logits)
  }
  if logits.body.provenance == .softmax {
    return shapeFailure(
      "CrossEntropy", "takes logits, but was given the result of a softmax: leave the softmax out", input: logits)
  }
  if Scope.current?.planner == nil, let index = Kernels.firstBadLabel(labels, classes: logits.shape[1]) {
    let label = labels.withUnsafeScalars(of: Int32.self) { $0[index] }
    fatalError("crossEntropy: label \(label) at index \(index), expected 0...\(logits.shape[1] - 1)")
  }
  let tape = Tape.recording(logits)
  let (losses, probabilities) = Kernels.softmaxCrossEntropy(logits, labels, wantsProbabilities: tape != nil)
  let rows = Double(logits.shape[0])
  let y = Kernels.reduce(.sum, losses, axes: 0..<1).viewed(as: []) / rows
  if let tape, let probabilities {
    tape.record(y, logits.body.node) { gradient in
      let upstream = gradient.body.storage.isAbstract ? 1 : gradient.item()
      return Kernels.softmaxCrossEntropyBackward(probabilities, labels, factor: upstream / rows)
    }
  }
  note("CrossEntropy", y, from: logits)
  return y
}

/// Softmax over the last axis: exp(xⱼ − max x) / Σ exp(xₖ − max x).
public func softmax(_ x: Tensor) -> Tensor {
  if x.isPoisoned { return x }
  guard x.rank >= 1 else { return shapeFailure("Softmax", "expects at least one axis, input is a scalar", input: x) }
  let tape = Tape.recording(x)
  let y = Kernels.softmax(x)
  if let tape {
    let result = y.detached()
    tape.record(y, x.body.node) { Kernels.softmaxBackward(y: result, gradient: $0) }
  }
  y.body.provenance = .softmax
  note("Softmax", y, from: x)
  return y
}
