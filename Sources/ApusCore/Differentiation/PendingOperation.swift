import ApusSupport

/// An operation whose last kernel has not run yet, so that the next operation can append itself: a convolution, a linear layer or
/// a batch or group norm takes a batch norm at inference, a residual sum and a ReLU into its own pass over memory.
///
/// An operation appends itself only if it holds the pending tensor alone; whoever reads the values runs the kernel first. Each stage
/// rounds by itself, so fused and unfused give the same bits (`APUS_FUSE=0` turns fusion off).
///
/// Not Sendable by itself: it is reached through its one body, and its variables are written as `DeferredValue` says.
package final class PendingOperation: DeferredValue {
  package enum Base {
    case convolution(x: Tensor, weight: Tensor, bias: Tensor?, geometry: ConvolutionSettings)
    case linear(x: Tensor, weight: Tensor, bias: Tensor?, precision: Precision)
    /// Statistics are known; normalizing is pending.
    case batchNorm(x: Tensor, statistics: NormalizationStatistics, gamma: Tensor?, beta: Tensor?)
    /// `gamma`, `beta`: an element a channel of the view.
    case groupNorm(x: Tensor, view: GroupView, gamma: Tensor?, beta: Tensor?)
  }

  private var base: Base?
  private let tape: Tape?
  private var norm: FoldedNorm?
  private var residual: Tensor?
  private var relu = false

  /// `tape`: where to record, `nil` where none of the operands is recorded.
  package init(_ base: Base, tape: Tape?) {
    self.base = base
    self.tape = tape
    super.init(isRecorded: tape != nil)
  }

  // MARK: Appending

  private static let isEnabled = Environment.value(of: "APUS_FUSE") != "0"

  /// The pending operation of a tensor that nobody else holds.
  package static func appendable(_ x: inout Tensor) -> PendingOperation? {
    guard isEnabled, isKnownUniquelyReferenced(&x.body), let deferred = x.body.deferred, deferred.isWaiting else {
      return nil
    }
    return deferred as? PendingOperation
  }

  package func appendReLU() -> Bool {
    if relu { return false }
    relu = true
    return true
  }

  /// Batch norm by constants; only where nothing is recorded, as its backward pass needs the convolution's own result.
  package func append(_ folded: FoldedNorm) -> Bool {
    guard case .convolution = base, tape == nil, norm == nil, residual == nil, !relu else { return false }
    norm = folded
    return true
  }

  /// `other` has the result's shape and type.
  func appendResidual(_ other: Tensor) -> Bool {
    if case .linear = base { return false }
    guard residual == nil, !relu else { return false }
    // A sum that is recorded must be recorded by this operation.
    if tape == nil && other.body.node >= 0 { return false }
    _ = other.body.storage
    residual = other
    return true
  }

  // MARK: Running

  override func compute(into body: TensorBody) {
    run(into: body)
    (base, norm, residual) = (nil, nil, nil)
  }

  private func run(into body: TensorBody) {
    guard let base else { fatalError("a pending operation has nothing to run") }
    if let tape { Tape.requireCurrent(tape) }
    let output: Tensor
    var groups: GroupStatistics?
    switch base {
    case .convolution(let x, let weight, let bias, let geometry):
      output = Kernels.convolution(
        x, weight, geometry, bias: bias, norm: norm, residual: residual, relu: relu)
    case .linear(let x, let weight, let bias, let precision):
      output = Kernels.matrixProduct(x, weight, bias: bias, relu: relu, precision: precision)
    case .batchNorm(let x, let statistics, _, _):
      output = Kernels.normalize(x, statistics.folded, residual: residual, relu: relu)
    case .groupNorm(let x, let view, let gamma, let beta):
      (output, groups) = Kernels.groupNorm(x, view, gamma: gamma, beta: beta, residual: residual, relu: relu)
    }
    body.fill(with: output.body.storage)
    if let tape { record(base, on: tape, output, groups, as: body) }
  }

  /// The memory of a gradient that nobody else holds, so that a kernel may add to it in place; the gradient is then gone.
  private static func owned(_ gradient: inout Tensor?) -> Storage? {
    // A body that somebody else refers to, perhaps on another thread, is not written.
    guard isEnabled, gradient != nil, isKnownUniquelyReferenced(&gradient!.body) else { return nil }
    let (storage, isReusable) = Kernels.consume(&gradient!)
    if isReusable {
      gradient = nil
      return storage
    }
    gradient!.body.fill(with: storage)
    return nil
  }

  /// The body gets a node; what the pullback saves of the output is a second body with the same storage, so that no cycle arises.
  private func record(
    _ base: Base, on tape: Tape, _ output: Tensor, _ groups: GroupStatistics?, as body: TensorBody
  ) {
    let (relu, y) = (relu, relu ? output : nil)
    let residualNode = residual?.body.node ?? -1
    switch base {
    case .convolution(let x, let weight, let bias, let geometry):
      let inputs: SIMD4<Int32> = [x.body.node, weight.body.node, bias?.body.node ?? -1, residualNode]
      let (input, kernel) = (x.shape, weight.shape)
      // The weight's gradient reads x, x's reads the weight: what nobody needs is not kept.
      let savedX = weight.body.node >= 0 ? x : nil
      let savedWeight = x.body.node >= 0 ? weight : nil
      tape.record(body, inputs: inputs) { gradient, needs, present in
        let (dz, dBias) = Kernels.biasActivationBackward(y: y, gradient: gradient, relu: relu, wantsBias: needs[2])
        let dx = savedWeight.map { weight in
          Kernels.convolutionBackwardData(
            dz, weight, input: input, geometry, addingTo: PendingOperation.owned(&present))
        }
        let dw = savedX.map { Kernels.convolutionBackwardWeights($0, dz, kernel: kernel, geometry) }
        return (dx, dw, dBias, needs[3] ? dz : nil)
      }
    case .linear(let x, let weight, let bias, let precision):
      let inputs: SIMD4<Int32> = [x.body.node, weight.body.node, bias?.body.node ?? -1, -1]
      let savedX = weight.body.node >= 0 ? x : nil
      let savedWeight = x.body.node >= 0 ? weight : nil
      tape.record(body, inputs: inputs) { gradient, needs, _ in
        let (dz, dBias) = Kernels.biasActivationBackward(y: y, gradient: gradient, relu: relu, wantsBias: needs[2])
        let dx = savedWeight.map { Kernels.matrixProduct(dz, $0, transposeB: true, precision: precision) }
        let dw = savedX.map { Kernels.matrixProduct($0, dz, transposeA: true) }
        return (dx, dw, dBias, nil)
      }
    case .batchNorm(let x, let statistics, let gamma, let beta):
      let inputs: SIMD4<Int32> = [x.body.node, gamma?.body.node ?? -1, beta?.body.node ?? -1, residualNode]
      // Without a residual, ReLU's mask is recomputed from x, which is read anyway.
      let saved = Kernels.NormalizationRecord(
        x: x, y: residual == nil ? nil : y, statistics: statistics.channels, folded: statistics.folded, gamma: gamma,
        epsilon: statistics.epsilon, relu: relu)
      tape.record(body, inputs: inputs) { gradient, needs, _ in
        let gradients = Kernels.normalizeBackward(
          saved, gradient: gradient, wantsData: needs[0], wantsResidual: needs[3])
        return (
          gradients.dx, needs[1] ? gradients.dGamma : nil, needs[2] ? gradients.dBeta : nil, gradients.dResidual
        )
      }
    case .groupNorm(let x, let view, let gamma, let beta):
      let inputs: SIMD4<Int32> = [x.body.node, gamma?.body.node ?? -1, beta?.body.node ?? -1, residualNode]
      let mask = residual == nil ? nil : y
      tape.record(body, inputs: inputs) { gradient, needs, _ in
        let gradients = Kernels.groupNormBackward(
          x, y: mask, gradient: gradient, view, groups!, gamma: gamma, beta: beta, relu: relu, wantsData: needs[0],
          wantsResidual: needs[3])
        return (
          gradients.dx, needs[1] ? gradients.dGamma : nil, needs[2] ? gradients.dBeta : nil, gradients.dResidual
        )
      }
    }
  }
}

/// Statistics of a batch norm, folded with its γ and β.
package struct NormalizationStatistics {
  var channels: ChannelStatistics
  var folded: FoldedNorm
  var epsilon: Double

  package init(channels: ChannelStatistics, folded: FoldedNorm, epsilon: Double) {
    self.channels = channels
    self.folded = folded
    self.epsilon = epsilon
  }
}
