import CApus

extension Kernels {
  /// Labels [N, …] of scores [N, …, classes].
  package struct LabelRows {
    let labels: Tensor
    let classes: Int
    let ignored: Int?

    package init(labels: Tensor, classes: Int, ignored: Int?) {
      self.labels = labels
      self.classes = classes
      self.ignored = ignored
    }

    func withRows<Result>(_ body: (UnsafePointer<apus_label_rows>) -> Result) -> Result {
      let rows = apus_label_rows(
        rows: Int64(labels.elementCount), classes: Int64(classes), labels: labels.int32s,
        ignored: ignored.map { Int64($0) } ?? Int64.min)
      return withExtendedLifetime(labels) { withUnsafePointer(to: rows, body) }
    }
  }

  /// A loss of rows of scores, as `apus/class_loss.h` defines it.
  package enum ClassLoss {
    case crossEntropy(LabelRows, smoothing: Double)
    case targetCrossEntropy(Tensor, smoothing: Double)
    case focal(LabelRows, gamma: Double)
    case hinge(LabelRows, margin: Double)
    case logLikelihood(LabelRows)
  }

  /// What the backward pass needs of the forward one.
  package struct ClassLossMemory {
    /// Probabilities, or the hinge's scores.
    var values: Tensor?
    var slopes: Tensor?
    /// Of the scores.
    var shape: Shape
  }

  /// Index of the first label that is neither a class nor ignored.
  package static func firstBadLabel(_ rows: LabelRows) -> Int? {
    let index = rows.withRows { apus_label_rows_check($0) }
    return index < 0 ? nil : Int(index)
  }

  /// Index of the first row of targets that is no distribution.
  package static func firstBadTargetRow(_ targets: Tensor) -> Int? {
    let classes = targets.shape[targets.rank - 1]
    let rows = Int64(targets.elementCount / classes)
    let index = withExtendedLifetime(targets) {
      targets.scalarType == .float32
        ? apus_target_rows_check_f32(rows, Int64(classes), targets.floats)
        : apus_target_rows_check_f64(rows, Int64(classes), targets.doubles)
    }
    return index < 0 ? nil : Int(index)
  }

  /// The weight with which each row enters: its class's, 0 where its label is ignored.
  package static func labelWeights(_ rows: LabelRows, _ weights: Tensor?, _ type: ScalarType) -> Tensor {
    let y = Tensor(uninitialized: rows.labels.shape, type)
    withExtendedLifetime(weights) {
      rows.withRows { rows in
        type == .float32
          ? apus_label_weights_f32(rows, weights?.floats, y.floats)
          : apus_label_weights_f64(rows, weights?.doubles, y.doubles)
      }
    }
    return y
  }

  package static func total(_ x: Tensor) -> Double { whole(.sum, x) }

  /// A reduction of all elements to a number.
  package static func whole(_ operation: Reduction, _ x: Tensor) -> Double {
    reduce(operation, x.viewed(as: [x.elementCount]), axes: 0..<1).viewed(as: []).item()
  }

  /// One number a row, and what the gradient needs.
  package static func classLoss(_ loss: ClassLoss, _ scores: Tensor, _ weights: Tensor?, wantsBackward: Bool) -> (
    losses: Tensor, memory: ClassLossMemory
  ) {
    scores.settle()
    let type = scores.scalarType
    let rows = Shape(scores.shape.dropLast())
    let losses = Tensor(uninitialized: rows, type)
    var memory = ClassLossMemory(shape: scores.shape)
    switch loss {
    case .hinge: memory.values = scores.detached()
    case .logLikelihood: break
    case .focal:
      memory.slopes = Tensor(uninitialized: rows, type)
      memory.values = wantsBackward ? Tensor(uninitialized: scores.shape, type) : nil
    case .crossEntropy, .targetCrossEntropy:
      memory.values = wantsBackward ? Tensor(uninitialized: scores.shape, type) : nil
    }
    if losses.body.storage.isAbstract { return (losses, memory) }
    withExtendedLifetime((scores, weights, memory)) {
      switch type {
      case .float32: forward32(loss, scores, weights, losses, memory)
      case .float64: forward64(loss, scores, weights, losses, memory)
      default: unsupported("a loss", type)
      }
    }
    return (losses, memory)
  }

  private static func forward32(
    _ loss: ClassLoss, _ scores: Tensor, _ weights: Tensor?, _ losses: Tensor, _ memory: ClassLossMemory
  ) {
    let (z, w, p) = (scores.floats, weights?.floats, memory.values?.floats)
    switch loss {
    case .crossEntropy(let rows, let smoothing):
      rows.withRows { apus_label_cross_entropy_forward($0, w, Float(smoothing), z, losses.floats, p) }
    case .targetCrossEntropy(let targets, let smoothing):
      let (count, classes) = rowsAndColumns(targets.shape)
      apus_target_cross_entropy_forward(count, classes, targets.floats, w, Float(smoothing), z, losses.floats, p)
    case .focal(let rows, let gamma):
      rows.withRows { apus_focal_forward($0, w, Float(gamma), z, losses.floats, memory.slopes!.floats, p) }
    case .hinge(let rows, let margin):
      rows.withRows { apus_hinge_forward($0, w, Float(margin), z, losses.floats) }
    case .logLikelihood(let rows):
      rows.withRows { apus_negative_log_likelihood_forward_f32($0, w, z, losses.floats) }
    }
  }

  private static func forward64(
    _ loss: ClassLoss, _ scores: Tensor, _ weights: Tensor?, _ losses: Tensor, _ memory: ClassLossMemory
  ) {
    let (z, w, p) = (scores.doubles, weights?.doubles, memory.values?.doubles)
    switch loss {
    case .crossEntropy(let rows, let smoothing):
      rows.withRows { apus_label_cross_entropy_forward_reference_f64($0, w, smoothing, z, losses.doubles, p) }
    case .targetCrossEntropy(let targets, let smoothing):
      let (count, classes) = rowsAndColumns(targets.shape)
      apus_target_cross_entropy_forward_reference_f64(
        count, classes, targets.doubles, w, smoothing, z, losses.doubles, p)
    case .focal(let rows, let gamma):
      rows.withRows { apus_focal_forward_reference_f64($0, w, gamma, z, losses.doubles, memory.slopes!.doubles, p) }
    case .hinge(let rows, let margin):
      rows.withRows { apus_hinge_forward_reference_f64($0, w, margin, z, losses.doubles) }
    case .logLikelihood(let rows):
      rows.withRows { apus_negative_log_likelihood_forward_f64($0, w, z, losses.doubles) }
    }
  }

  /// The scores' gradient from that of the numbers.
  package static func classLossBackward(
    _ loss: ClassLoss, _ memory: ClassLossMemory, _ weights: Tensor?, _ gradient: Tensor
  )
    -> Tensor
  {
    let dx = Tensor(uninitialized: memory.shape, gradient.scalarType)
    if dx.body.storage.isAbstract || gradient.body.storage.isAbstract { return dx }
    withExtendedLifetime((gradient, weights, memory)) {
      if gradient.scalarType == .float32 {
        backward32(loss, memory, weights, gradient, dx)
      } else {
        backward64(loss, memory, weights, gradient, dx)
      }
    }
    return dx
  }

  private static func backward32(
    _ loss: ClassLoss, _ memory: ClassLossMemory, _ weights: Tensor?, _ gradient: Tensor, _ dx: Tensor
  ) {
    let (p, w, dy) = (memory.values?.floats, weights?.floats, gradient.floats)
    switch loss {
    case .crossEntropy(let rows, let smoothing):
      rows.withRows { apus_label_cross_entropy_backward($0, w, Float(smoothing), p, dy, dx.floats) }
    case .targetCrossEntropy(let targets, let smoothing):
      let (count, classes) = rowsAndColumns(targets.shape)
      apus_target_cross_entropy_backward(count, classes, targets.floats, w, Float(smoothing), p, dy, dx.floats)
    case .focal(let rows, _): rows.withRows { apus_focal_backward($0, memory.slopes!.floats, p, dy, dx.floats) }
    case .hinge(let rows, let margin): rows.withRows { apus_hinge_backward($0, w, Float(margin), p, dy, dx.floats) }
    case .logLikelihood(let rows):
      rows.withRows { apus_negative_log_likelihood_backward_f32($0, w, dy, dx.floats) }
    }
  }

  private static func backward64(
    _ loss: ClassLoss, _ memory: ClassLossMemory, _ weights: Tensor?, _ gradient: Tensor, _ dx: Tensor
  ) {
    let (p, w, dy) = (memory.values?.doubles, weights?.doubles, gradient.doubles)
    switch loss {
    case .crossEntropy(let rows, let smoothing):
      rows.withRows { apus_label_cross_entropy_backward_reference_f64($0, w, smoothing, p, dy, dx.doubles) }
    case .targetCrossEntropy(let targets, let smoothing):
      let (count, classes) = rowsAndColumns(targets.shape)
      apus_target_cross_entropy_backward_reference_f64(
        count, classes, targets.doubles, w, smoothing, p, dy, dx.doubles)
    case .focal(let rows, _):
      rows.withRows { apus_focal_backward_reference_f64($0, memory.slopes!.doubles, p, dy, dx.doubles) }
    case .hinge(let rows, let margin):
      rows.withRows { apus_hinge_backward_reference_f64($0, w, margin, p, dy, dx.doubles) }
    case .logLikelihood(let rows):
      rows.withRows { apus_negative_log_likelihood_backward_f64($0, w, dy, dx.doubles) }
    }
  }
}
