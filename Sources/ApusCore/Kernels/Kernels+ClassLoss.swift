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
  package static func whole(_ function: ReductionFunction, _ x: Tensor) -> Double {
    reduce(function, x.viewed(as: [x.elementCount]), axes: 0..<1).viewed(as: []).item()
  }

  /// One number per row, and what the gradient needs.
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
    ClassLossKernel(loss: loss).launch(
      type, losses.body.storage, memory.values?.body.storage, memory.slopes?.body.storage, scores.body.storage,
      weights?.body.storage)
    return (losses, memory)
  }

  /// The scores' gradient from that of the numbers.
  package static func classLossBackward(
    _ loss: ClassLoss, _ memory: ClassLossMemory, _ weights: Tensor?, _ gradient: Tensor
  ) -> Tensor {
    let dx = Tensor(uninitialized: memory.shape, gradient.scalarType)
    ClassLossBackwardKernel(loss: loss).launch(
      gradient.scalarType, dx.body.storage, memory.values?.body.storage, memory.slopes?.body.storage,
      gradient.body.storage, weights?.body.storage)
    return dx
  }
}

/// Losses, the values and slopes that the gradient needs, scores, weights of classes.
private struct ClassLossKernel: Kernel {
  let loss: Kernels.ClassLoss

  var name: String { "a loss" }
  /// A sample has no labels.
  var isTimed: Bool { false }

  func run(_ memory: Operands<Float>) {
    let (losses, p, slopes, z, w) = (memory[0], memory[1], memory[2], memory[3], memory[4])
    switch loss {
    case .crossEntropy(let rows, let smoothing):
      rows.withRows { apus_label_cross_entropy_forward($0, w, Float(smoothing), z, losses, p) }
    case .targetCrossEntropy(let targets, let smoothing):
      let (count, classes) = Kernels.rowsAndColumns(targets.shape)
      apus_target_cross_entropy_forward(count, classes, targets.floats, w, Float(smoothing), z, losses, p)
    case .focal(let rows, let gamma):
      rows.withRows { apus_focal_forward($0, w, Float(gamma), z, losses, slopes, p) }
    case .hinge(let rows, let margin): rows.withRows { apus_hinge_forward($0, w, Float(margin), z, losses) }
    case .logLikelihood(let rows): rows.withRows { apus_negative_log_likelihood_forward_f32($0, w, z, losses) }
    }
  }

  func reference(_ memory: Operands<Double>) {
    let (losses, p, slopes, z, w) = (memory[0], memory[1], memory[2], memory[3], memory[4])
    switch loss {
    case .crossEntropy(let rows, let smoothing):
      rows.withRows { apus_label_cross_entropy_forward_reference_f64($0, w, smoothing, z, losses, p) }
    case .targetCrossEntropy(let targets, let smoothing):
      let (count, classes) = Kernels.rowsAndColumns(targets.shape)
      apus_target_cross_entropy_forward_reference_f64(count, classes, targets.doubles, w, smoothing, z, losses, p)
    case .focal(let rows, let gamma):
      rows.withRows { apus_focal_forward_reference_f64($0, w, gamma, z, losses, slopes, p) }
    case .hinge(let rows, let margin): rows.withRows { apus_hinge_forward_reference_f64($0, w, margin, z, losses) }
    case .logLikelihood(let rows): rows.withRows { apus_negative_log_likelihood_forward_f64($0, w, z, losses) }
    }
  }
}

/// The scores' gradient, what forward kept, the gradient of the losses, weights of classes.
private struct ClassLossBackwardKernel: Kernel {
  let loss: Kernels.ClassLoss

  var name: String { "a loss" }
  var isTimed: Bool { false }

  func run(_ memory: Operands<Float>) {
    let (dx, p, slopes, dy, w) = (memory[0], memory[1], memory[2], memory[3], memory[4])
    switch loss {
    case .crossEntropy(let rows, let smoothing):
      rows.withRows { apus_label_cross_entropy_backward($0, w, Float(smoothing), p, dy, dx) }
    case .targetCrossEntropy(let targets, let smoothing):
      let (count, classes) = Kernels.rowsAndColumns(targets.shape)
      apus_target_cross_entropy_backward(count, classes, targets.floats, w, Float(smoothing), p, dy, dx)
    case .focal(let rows, _): rows.withRows { apus_focal_backward($0, slopes, p, dy, dx) }
    case .hinge(let rows, let margin): rows.withRows { apus_hinge_backward($0, w, Float(margin), p, dy, dx) }
    case .logLikelihood(let rows): rows.withRows { apus_negative_log_likelihood_backward_f32($0, w, dy, dx) }
    }
  }

  func reference(_ memory: Operands<Double>) {
    let (dx, p, slopes, dy, w) = (memory[0], memory[1], memory[2], memory[3], memory[4])
    switch loss {
    case .crossEntropy(let rows, let smoothing):
      rows.withRows { apus_label_cross_entropy_backward_reference_f64($0, w, smoothing, p, dy, dx) }
    case .targetCrossEntropy(let targets, let smoothing):
      let (count, classes) = Kernels.rowsAndColumns(targets.shape)
      apus_target_cross_entropy_backward_reference_f64(count, classes, targets.doubles, w, smoothing, p, dy, dx)
    case .focal(let rows, _): rows.withRows { apus_focal_backward_reference_f64($0, slopes, p, dy, dx) }
    case .hinge(let rows, let margin):
      rows.withRows { apus_hinge_backward_reference_f64($0, w, margin, p, dy, dx) }
    case .logLikelihood(let rows): rows.withRows { apus_negative_log_likelihood_backward_f64($0, w, dy, dx) }
    }
  }
}
