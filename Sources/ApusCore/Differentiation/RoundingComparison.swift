/// What rounding does to a training step of a model: values and gradients in float32 held against float64, on the same parameters
/// and inputs.
///
/// Errors are the largest difference relative to the largest element of the float64 tensor.
package struct RoundingComparison {
  package struct Value {
    /// `Conv2D`, and the path of its layer.
    package var operation, path: String
    package var error: Double
  }

  package struct Gradient {
    package var path: String
    /// Against float64 deciding for itself at ReLUs and maxima, and with float32's decisions. Only the second one is rounding alone.
    package var (ownDecisions, sameDecisions): (Double, Double)
  }

  /// The forward pass under the same decisions, in the order of execution.
  package private(set) var values: [Value] = []
  /// In the order of the model's parameters.
  package private(set) var gradients: [Gradient] = []
  /// Places where a ReLU or a maximum decides, and those that float64 decides otherwise after the same decisions before.
  package private(set) var (decisions, differing) = (0, 0)

  /// - Parameter loss: one number; is computed three times, at the precision that surrounds this call and twice in float64.
  package init(of model: some Model, phase: Phase, _ loss: () -> Tensor) {
    let decisions = Decisions()
    var forward: [Tensor] = []
    let float32 = RoundingComparison.gradients(of: model, phase, isDouble: false, decisions, loss) { _, _, result in
      forward.append(result)
    }
    decisions.follow()
    var found: [Value] = []
    let same = RoundingComparison.gradients(of: model, phase, isDouble: true, decisions, loss) {
      operation, path, result in
      let error = RoundingComparison.error(forward[found.count], result)
      found.append(Value(operation: operation, path: path, error: error))
    }
    forward = []
    let own = RoundingComparison.gradients(of: model, phase, isDouble: true, nil, loss) { _, _, _ in }
    values = found
    (self.decisions, differing) = (decisions.count, decisions.differing)
    for (path, parameter) in model.parameters {
      guard let a = float32[parameter], let b = own[parameter], let c = same[parameter] else { continue }
      gradients.append(
        Gradient(
          path: path, ownDecisions: RoundingComparison.error(a, b), sameDecisions: RoundingComparison.error(a, c)))
    }
  }

  private static func gradients(
    of model: some Model, _ phase: Phase, isDouble: Bool, _ decisions: Decisions?, _ loss: () -> Tensor,
    _ look: @escaping (_ operation: String, _ path: String, _ result: Tensor) -> Void
  ) -> Gradients {
    let tape = Tape()
    let scope = Scope(
      mode: .recording(tape), phase: phase, key: RandomKey(seed: 0, step: 0), precision: isDouble ? .float64 : nil)
    scope.decisions = decisions
    scope.model = model
    scope.add(
      ResultObserver { report, scope in
        if !scope.isBackward { look("\(report.name)", scope.path ?? "", report.result.detached()) }
      })
    return scope.run {
      let loss = loss()
      _ = scope.beginBackward(from: loss)
      return tape.gradients(of: loss).parameters
    }
  }

  private static func error(_ a: Tensor, _ b: Tensor) -> Double {
    let (a, b) = (a.cast(to: .float64).array(of: Double.self), b.cast(to: .float64).array(of: Double.self))
    if a.count != b.count { return .infinity }
    let largest = b.reduce(0) { max($0, abs($1)) }
    let difference = zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
    if difference.isNaN || largest.isNaN { return .infinity }
    return difference == 0 ? 0 : difference / largest
  }
}
