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

    var parameters: apus_pointwise_loss {
      apus_pointwise_loss(kind: kind.code, beta: beta, gamma: gamma, positive: positive, negative: negative)
    }
  }

  /// One number an element.
  package static func pointwiseLoss(_ loss: PointwiseLoss, _ x: Tensor, _ targets: Tensor) -> Tensor {
    x.settle()
    let y = Tensor(uninitialized: x.shape, x.scalarType)
    if y.body.storage.isAbstract { return y }
    var parameters = loss.parameters
    let (rows, columns) = rowsAndColumns(x.shape)
    let weights = loss.positiveWeights?.cast(to: x.scalarType)
    withExtendedLifetime((x, targets, weights)) {
      switch x.scalarType {
      case .float32:
        apus_pointwise_loss_forward(
          &parameters, rows, columns, weights?.floats, x.floats, targets.floats, y.floats)
      case .float64:
        apus_pointwise_loss_forward_reference_f64(
          &parameters, rows, columns, weights?.doubles, x.doubles, targets.doubles, y.doubles)
      default: unsupported("a loss", x.scalarType)
      }
    }
    return y
  }

  /// x's gradient from that of the numbers.
  package static func pointwiseLossBackward(_ loss: PointwiseLoss, _ x: Tensor, _ targets: Tensor, _ gradient: Tensor)
    -> Tensor
  {
    let dx = Tensor(uninitialized: x.shape, x.scalarType)
    if dx.body.storage.isAbstract || gradient.body.storage.isAbstract { return dx }
    var parameters = loss.parameters
    let (rows, columns) = rowsAndColumns(x.shape)
    let weights = loss.positiveWeights?.cast(to: x.scalarType)
    withExtendedLifetime((x, targets, weights, gradient)) {
      if x.scalarType == .float32 {
        apus_pointwise_loss_backward(
          &parameters, rows, columns, weights?.floats, x.floats, targets.floats, gradient.floats, dx.floats)
      } else {
        apus_pointwise_loss_backward_reference_f64(
          &parameters, rows, columns, weights?.doubles, x.doubles, targets.doubles, gradient.doubles, dx.doubles)
      }
    }
    return dx
  }
}
