import ApusCore
import ApusLayers
import ApusSupport

/// Stops where a watched number has not become better for some epochs, and gives back the parameters and buffers of its best epoch.
///
/// ```swift
/// var stopping = EarlyStopping(patience: 5)
/// for epoch in 0..<100 {
///   trainOneEpoch()
///   if stopping.shouldStop(after: evaluate(model, on: validation).loss, of: model) { break }
/// }
/// try stopping.restoreBest(into: model)
/// ```
public struct EarlyStopping {
  /// Epochs without progress that are borne.
  package let patience: Int
  /// Less than this is no progress.
  package let minimumChange: Double
  /// Which way the watched number should go.
  package let goal: Goal
  /// The best value so far and its epoch, counted from 0.
  public private(set) var best: (value: Double, epoch: Int)?
  private var epochs = 0
  private var state: [String: Tensor] = [:]

  /// Watches a loss by default. Traps if `patience` or `minimumChange` is negative.
  public init(patience: Int, minimumChange: Double = 0, goal: Goal = .falling) {
    if patience < 0 || !(minimumChange >= 0) {
      fatalError("EarlyStopping: patience \(patience) and minimum change \(minimumChange) must be at least 0")
    }
    self.patience = patience
    self.minimumChange = minimumChange
    self.goal = goal
  }

  /// Notes an epoch's value, and the model's parameters and buffers where it is the best. A NaN is never better.
  public mutating func shouldStop(after value: Double, of model: some Model) -> Bool {
    defer { epochs += 1 }
    let gain = best.map { goal.gain(of: value, over: $0.value) }
    if gain.map({ $0 > minimumChange }) ?? !value.isNaN {
      best = (value, epochs)
      state = Dictionary(uniqueKeysWithValues: model.state().map { ($0.name, $0.value.copied()) })
      return false
    }
    return epochs - (best?.epoch ?? -1) > patience
  }

  /// Sets the model to its best epoch; without one it is left as it is.
  public func restoreBest(into model: some Model) throws {
    if best != nil { try model.load(state, from: "the best epoch") }
  }
}
