import CApus

extension Kernels {
  /// Index of the first label outside 0 ..< classes.
  static func firstBadLabel(_ labels: Tensor, classes: Int) -> Int? {
    let index = withExtendedLifetime(labels) {
      apus_labels_check(Int64(labels.elementCount), Int64(classes), labels.int32s)
    }
    return index < 0 ? nil : Int(index)
  }

  /// Cross-entropy a row, and the softmax where it is wanted for the backward pass.
  static func softmaxCrossEntropy(
    _ logits: Tensor, _ labels: Tensor, wantsProbabilities: Bool
  ) -> (losses: Tensor, probabilities: Tensor?) {
    let (rows, classes) = (logits.shape[0], logits.shape[1])
    let losses = Tensor(uninitialized: [rows], logits.scalarType)
    let probabilities = wantsProbabilities ? Tensor(uninitialized: logits.shape, logits.scalarType) : nil
    if losses.body.storage.isAbstract { return (losses, probabilities) }
    withExtendedLifetime((logits, labels)) {
      if logits.scalarType == .float32 {
        apus_softmax_cross_entropy_forward(
          Int64(rows), Int64(classes), logits.floats, labels.int32s, losses.floats, probabilities?.floats)
      } else {
        apus_softmax_cross_entropy_forward_reference_f64(
          Int64(rows), Int64(classes), logits.doubles, labels.int32s, losses.doubles, probabilities?.doubles)
      }
    }
    return (losses, probabilities)
  }

  /// (softmax − one-hot(labels)) · factor.
  static func softmaxCrossEntropyBackward(_ probabilities: Tensor, _ labels: Tensor, factor: Double) -> Tensor {
    let gradient = Tensor(uninitialized: probabilities.shape, probabilities.scalarType)
    if gradient.body.storage.isAbstract { return gradient }
    let (rows, classes) = (Int64(probabilities.shape[0]), Int64(probabilities.shape[1]))
    withExtendedLifetime((probabilities, labels)) {
      if probabilities.scalarType == .float32 {
        apus_softmax_cross_entropy_backward(
          rows, classes, probabilities.floats, labels.int32s, Float(factor), gradient.floats)
      } else {
        apus_softmax_cross_entropy_backward_reference_f64(
          rows, classes, probabilities.doubles, labels.int32s, factor, gradient.doubles)
      }
    }
    return gradient
  }

  /// Softmax over the last axis.
  static func softmax(_ x: Tensor) -> Tensor {
    let y = Tensor(uninitialized: x.shape, x.scalarType)
    if y.body.storage.isAbstract { return y }
    let classes = x.shape[x.rank - 1]
    let rows = classes == 0 ? 0 : x.elementCount / classes
    withExtendedLifetime(x) {
      switch x.scalarType {
      case .float32: apus_softmax_forward(Int64(rows), Int64(classes), x.floats, y.floats)
      case .float64: apus_softmax_forward_reference_f64(Int64(rows), Int64(classes), x.doubles, y.doubles)
      default: unsupported("softmax", x.scalarType)
      }
    }
    return y
  }

  static func softmaxBackward(y: Tensor, gradient: Tensor) -> Tensor {
    let dx = Tensor(uninitialized: y.shape, y.scalarType)
    if dx.body.storage.isAbstract { return dx }
    let classes = y.shape[y.rank - 1]
    let rows = classes == 0 ? 0 : y.elementCount / classes
    withExtendedLifetime((y, gradient)) {
      if y.scalarType == .float32 {
        apus_softmax_backward(Int64(rows), Int64(classes), y.floats, gradient.floats, dx.floats)
      } else {
        apus_softmax_backward_reference_f64(Int64(rows), Int64(classes), y.doubles, gradient.doubles, dx.doubles)
      }
    }
    return dx
  }
}
