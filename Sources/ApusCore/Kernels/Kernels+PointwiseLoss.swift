import CApus

extension Kernels {
  /// A loss of elements and their targets, as `apus/pointwise_loss.h` defines it.
  package struct PointwiseLoss {
    package enum Kind: UInt32 {
      case squared, absolute, smoothL1, binaryCrossEntropy, binaryFocal
      var code: apus_pointwise_kind { apus_pointwise_kind(rawValue: rawValue) }
    }

    var kind: Kind
    var beta = 0.0
    var gamma = 0.0
    package var positive = 1.0
    var negative = 1.0
    /// [K], in place of `positive` along the last axis.
    package var positiveWeights: Tensor?

    package init(
      kind: Kind, beta: Double = 0.0, gamma: Double = 0.0, positive: Double = 1.0, negative: Double = 1.0,
      positiveWeights: Tensor? = nil
    ) {
      self.kind = kind
      self.beta = beta
      self.gamma = gamma
      self.positive = positive
      self.negative = negative
      self.positiveWeights = positiveWeights
    }

    fileprivate var parameters: apus_pointwise_loss {
      apus_pointwise_loss(kind: kind.code, beta: beta, gamma: gamma, positive: positive, negative: negative)
    }
  }

  /// One number per element.
  package static func pointwiseLoss(_ loss: PointwiseLoss, _ x: Tensor, _ targets: Tensor) -> Tensor {
    PointwiseLossKernel(loss, x.shape, isBackward: false).making(
      x.shape, x.scalarType, x.body.storage, targets.body.storage,
      loss.positiveWeights?.cast(to: x.scalarType).body.storage)
  }

  /// x's gradient from that of the numbers.
  package static func pointwiseLossBackward(_ loss: PointwiseLoss, _ x: Tensor, _ targets: Tensor, _ gradient: Tensor)
    -> Tensor
  {
    PointwiseLossKernel(loss, x.shape, isBackward: true).making(
      x.shape, x.scalarType, x.body.storage, targets.body.storage,
      loss.positiveWeights?.cast(to: x.scalarType).body.storage, gradient.body.storage)
  }
}

/// Losses, x, targets, positive weights [columns], which may be left out. Backward: dx, the same, and the gradient of the losses.
private struct PointwiseLossKernel: Kernel {
  let loss: apus_pointwise_loss
  let rows, columns: Int64
  let isBackward: Bool

  init(_ loss: Kernels.PointwiseLoss, _ shape: Shape, isBackward: Bool) {
    (self.loss, self.isBackward) = (loss.parameters, isBackward)
    (rows, columns) = Kernels.rowsAndColumns(shape)
  }

  var name: String { "a loss" }
  var key: String { "\(loss) \(columns) \(isBackward)" }

  func run(_ memory: Operands<Float>) {
    withUnsafePointer(to: loss) { loss in
      if isBackward {
        apus_pointwise_loss_backward(
          loss, rows, columns, memory[3], memory[1], memory[2], memory[4], memory[0])
      } else {
        apus_pointwise_loss_forward(loss, rows, columns, memory[3], memory[1], memory[2], memory[0])
      }
    }
  }

  func reference(_ memory: Operands<Double>) {
    withUnsafePointer(to: loss) { loss in
      if isBackward {
        apus_pointwise_loss_backward_reference_f64(
          loss, rows, columns, memory[3], memory[1], memory[2], memory[4], memory[0])
      } else {
        apus_pointwise_loss_forward_reference_f64(
          loss, rows, columns, memory[3], memory[1], memory[2], memory[0])
      }
    }
  }
}
