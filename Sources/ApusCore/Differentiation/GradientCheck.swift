import ApusSupport

/// The largest disagreement that a gradient check found.
public struct GradientCheckResult: Sendable, CustomStringConvertible {
  /// Largest |tape − differences| / max(1, |tape|, |differences|).
  public var largestError: Double
  /// Where: a parameter's path or an input's index, and the element.
  public var place: String
  /// The tape's derivative at `place`.
  package var fromTape: Double
  /// The central difference at `place`, (f(p + h) − f(p − h)) / 2h.
  package var fromDifferences: Double
  /// Derivatives compared.
  package var count: Int

  /// One line: the largest error, the number of derivatives compared, the place, and both values there.
  public var description: String {
    "largest error \(largestError) of \(count), at \(place): tape \(fromTape), differences \(fromDifferences)"
  }

  mutating func compare(_ fromTape: Double, _ fromDifferences: Double, at position: @autoclosure () -> String) {
    count += 1
    let error = abs(fromTape - fromDifferences) / max(1, abs(fromTape), abs(fromDifferences))
    // A NaN is the largest error of all.
    if count == 1 || !(error <= largestError) {
      largestError = error.isNaN ? .infinity : error
      place = position()
      self.fromTape = fromTape
      self.fromDifferences = fromDifferences
    }
  }

  static let none = GradientCheckResult(largestError: 0, place: "nowhere", fromTape: 0, fromDifferences: 0, count: 0)
}

/// Compares the tape's gradients of a model's loss with central differences, in double precision: the real tape, the real layers and
/// the reference kernels on widened parameters. State is not updated; random masks are the same in every evaluation.
///
/// - Parameters:
///   - body: the loss, one number; float32 constants in it are widened.
///   - step: h of (f(p + h) − f(p − h)) / 2h.
///   - elements: derivatives checked a parameter at most, spread over it.
public func gradientCheck(
  of model: some Model, step: Double = 1e-5, elements: Int = 24, key: RandomKey = RandomKey(seed: 1, step: 0),
  _ body: () -> Tensor
) -> GradientCheckResult {
  let phase = Phase.training.updating(state: false)
  let parameters = model.parameters.filter { $0.parameter.isTrainable }

  let tape = Tape()
  let scope = Scope(recording: tape, phase, key, precision: .float64)
  let gradients = scope.run {
    let loss = body()
    _ = scope.beginBackward(from: loss)
    return tape.gradients(of: loss).parameters
  }

  var result = GradientCheckResult.none
  for (path, parameter) in parameters {
    let values = parameter.ownValue.array(of: Float.self).map(Double.init)
    let fromTape = gradients[parameter]?.array(of: Double.self)
    for index in spread(elements, over: values.count) {
      func loss(at value: Double) -> Double {
        var moved = values
        moved[index] = value
        let scope = Scope(mode: .plain, phase: phase, key: key, precision: .float64)
        scope.overrides[ObjectIdentifier(parameter)] = Tensor(moved, shape: parameter.shape)
        return scope.run { body().item() }
      }
      let difference = (loss(at: values[index] + step) - loss(at: values[index] - step)) / (2 * step)
      result.compare(fromTape?[index] ?? 0, difference, at: "\(path)[\(index)]")
    }
  }
  return result
}

/// Compares the tape's gradients of a function of float64 tensors with central differences. A result that is no scalar is weighed
/// with fixed random numbers first.
public func gradientCheck(
  at inputs: [Tensor], step: Double = 1e-5, elements: Int = 40, key: RandomKey = RandomKey(seed: 1, step: 0),
  _ function: ([Tensor]) -> Tensor
) -> GradientCheckResult {
  for (index, input) in inputs.enumerated() where input.scalarType != .float64 {
    fatalError("gradientCheck: input \(index) is \(input.scalarType); it takes float64")
  }
  func weighed(_ y: Tensor) -> Tensor {
    if y.elementCount == 1 { return y.reshaped([]) }
    let weights = Random.normal(seed: key.seed, stream: RandomDomain.gradientCheck, count: y.elementCount)
    return (y * Tensor(weights.map(Double.init), shape: y.shape)).sum()
  }
  let gradients = withPrecision(.float64) {
    valueWithGradients(at: inputs, key: key) { weighed(function($0)) }.gradients
  }
  let phase = Phase.training.updating(state: false)
  var result = GradientCheckResult.none
  for (position, input) in inputs.enumerated() {
    let values = input.array(of: Double.self)
    let fromTape = gradients[position]?.array(of: Double.self)
    for index in spread(elements, over: values.count) {
      func value(at x: Double) -> Double {
        var moved = inputs
        var all = values
        all[index] = x
        moved[position] = Tensor(all, shape: input.shape)
        let scope = Scope(mode: .plain, phase: phase, key: key, precision: .float64)
        return scope.run { weighed(function(moved)).item() }
      }
      let difference = (value(at: values[index] + step) - value(at: values[index] - step)) / (2 * step)
      result.compare(fromTape?[index] ?? 0, difference, at: "input \(position)[\(index)]")
    }
  }
  return result
}

/// At most `count` indices, evenly over 0 ..< total.
private func spread(_ count: Int, over total: Int) -> [Int] {
  if total <= count { return Array(0..<total) }
  return (0..<count).map { $0 * total / count }
}
