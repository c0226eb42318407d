import ApusCore

/// Updates parameters from their gradients. The library's own are structs; the trainer, checkpoints and the command take any.
///
/// ```swift
/// var optimizer = AdamW(model.parameters, learningRate: 0.001, weightDecay: 0.01)
/// optimizer.step(gradients)
/// ```
///
/// To write one, keep what must be remembered for each parameter and go over `parameters` in `step`; `state` and `load` make it
/// part of checkpoints, and a line in `OptimizerCatalogue` part of the command.
public protocol Optimizer {
  /// Read at every step, so that a schedule may change it.
  var learningRate: Double { get set }

  /// What is done to each parameter, in the order of the model's list.
  var parameterSettings: [ParameterSettings] { get }

  /// `step(_:again:)` must be called, since gradients at other values are needed too.
  var needsSecondPass: Bool { get }

  /// Changes the values of the trainable parameters that have a gradient. The library's own stop where none has: the loss then depends
  /// on none of the optimizer's parameters, most often since the forward pass was outside of `valueWithGradients`' closure.
  mutating func step(_ gradients: Gradients)

  /// Paths of the parameters that it is to train and that no step reached since it was made or loaded: after some steps a head that is
  /// left over, or a part that should have been frozen. Empty for an optimizer that does not keep count.
  ///
  /// ```swift
  /// if !optimizer.unreachedParameters.isEmpty { print("never trained:", optimizer.unreachedParameters) }
  /// ```
  var unreachedParameters: [String] { get }

  /// As `step(_:)`, for an optimizer that also needs the gradients at other values: it sets them, calls `again`, and sets the
  /// values of before. The second pass must not update running statistics, and should draw the same random masks:
  ///
  /// ```swift
  /// func gradients(first: Bool) -> Gradients {
  ///   valueWithGradients(of: model, key: key, updatesState: first) { loss(model, batch) }.gradients
  /// }
  /// optimizer.step(gradients(first: true)) { gradients(first: false) }
  /// ```
  mutating func step(_ gradients: Gradients, again: () throws -> Gradients) rethrows

  /// What is remembered between steps, by name.
  func state() -> [(name: String, value: Tensor)]

  /// Sets what `state()` gave. On an error nothing is changed.
  mutating func load(_ state: [String: Tensor], from source: String) throws
}

extension Optimizer {
  /// `false`: one pass per step, as most optimizers take.
  public var needsSecondPass: Bool { false }
  /// None: of an optimizer that does not keep count of them.
  public var unreachedParameters: [String] { [] }

  /// `step(gradients)`; `again` is not called, since one pass is enough.
  public mutating func step(_ gradients: Gradients, again: () throws -> Gradients) rethrows { step(gradients) }
}

/// What an optimizer does to one parameter.
public struct ParameterSettings: Hashable, Sendable {
  /// Path of the parameter in the model: `features.0.weight`.
  public var path: String
  /// Multiplies the learning rate.
  public var learningRate: Double
  /// Takes the place of the optimizer's; 0 for what does not decay.
  public var weightDecay: Double
  /// Whether the optimizer changes it (if it is trainable and has a gradient).
  package var isTrained: Bool
}
