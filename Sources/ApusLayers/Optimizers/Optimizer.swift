import ApusCore

/// Updates parameters from their gradients. The library's own are structs; the trainer, checkpoints and the command take any.
///
/// ```swift
/// var optimizer = AdamW(model.parameters, learningRate: 0.001, weightDecay: 0.01)
/// optimizer.step(gradients)
/// ```
///
/// A step asks for the gradients that it needs: one pass for most optimizers, which are `OnePassOptimizer`s and take the gradients
/// themselves; two for `SAM`. What takes any optimizer hands over the pass:
///
/// ```swift
/// optimizer.step { pass in
///   valueWithGradients(of: model, key: key, updatesState: pass.updatesState) { loss(model, batch) }.gradients
/// }
/// ```
///
/// To write one, keep what must be remembered for each parameter and go over `parameters` in `step`; `state` and `load` make it
/// part of checkpoints, and a line in `OptimizerCatalogue` part of the command.
public protocol Optimizer {
  /// Read at every step, so that a schedule may change it.
  var learningRate: Double { get set }

  /// What is done to each parameter, in the order of the model's list.
  var parameterSettings: [ParameterSettings] { get }

  /// Paths of the parameters that it is to train and that no step reached since it was made or loaded: after some steps a head that is
  /// left over, or a part that should have been frozen. Empty for an optimizer that does not keep count.
  ///
  /// ```swift
  /// if !optimizer.unreachedParameters.isEmpty { print("never trained:", optimizer.unreachedParameters) }
  /// ```
  var unreachedParameters: [String] { get }

  /// Makes one step: changes the values of the trainable parameters that have a gradient.
  ///
  /// - Parameter gradients: runs forward and backward at the values that the parameters have when it is called, on the same samples and
  ///   with the same random masks each time. Called at least once. What it throws is thrown, and the parameters then have the values of
  ///   before.
  mutating func step(_ gradients: (GradientPass) throws -> Gradients) rethrows

  /// What is remembered between steps, by name.
  func state() -> [(name: String, value: Tensor)]

  /// Sets what `state()` gave. On an error nothing is changed.
  mutating func load(_ state: [String: Tensor], from source: String) throws
}

extension Optimizer {
  /// None: of an optimizer that does not keep count of them.
  public var unreachedParameters: [String] { [] }
}

/// An optimizer whose step needs the gradients at the parameters' present values and no others.
public protocol OnePassOptimizer: Optimizer {
  /// Changes the values of the trainable parameters that have a gradient. The library's own stop if none has: the loss then depends
  /// on none of the optimizer's parameters, most often since the forward pass was outside of `valueWithGradients`' closure.
  mutating func step(_ gradients: Gradients)
}

extension OnePassOptimizer {
  /// Asks for one pass and makes the step by its gradients.
  public mutating func step(_ gradients: (GradientPass) throws -> Gradients) rethrows {
    step(try gradients(.only))
  }
}

/// What a step wants of a pass whose gradients it asks for.
public struct GradientPass: Hashable, Sendable {
  /// Whether running statistics move: in the first pass of a step, at the values that the parameters really have.
  public let updatesState: Bool
  /// Whether the parameters move by these gradients, which are therefore the ones to clip. Otherwise they only show the way to where the
  /// next pass is taken.
  public let isApplied: Bool

  /// The pass of a step that needs one.
  public static let only = GradientPass(updatesState: true, isApplied: true)

  /// For an optimizer that takes several.
  public init(updatesState: Bool, isApplied: Bool) {
    self.updatesState = updatesState
    self.isApplied = isApplied
  }
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
  public var isTrained: Bool
  /// Of the parameter, whose path may be another in another list.
  let identity: ObjectIdentifier

  /// Settings of a parameter of a list.
  public init(
    of entry: ParameterList.Element, learningRate: Double = 1, weightDecay: Double = 0, isTrained: Bool = true
  ) {
    path = entry.path
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.isTrained = isTrained
    identity = ObjectIdentifier(entry.parameter)
  }
}
