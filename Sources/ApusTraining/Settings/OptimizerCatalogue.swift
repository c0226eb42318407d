import ApusCore
import ApusLayers
import ApusSupport

/// The optimizers that are known by name, for the command and the trainer. A new one is one entry here.
public enum OptimizerCatalogue {
  /// An optimizer with the numbers it has where the command is not told others.
  package struct Entry: Sendable {
    /// As the command and `TrainingSettings.optimizer` have it: `adamw`.
    package let name: String
    /// Base learning rate.
    package let learningRate: Double
    /// `nil` where it has no number that `momentum` could be.
    package let momentum: Double?
    /// L2 penalty λ; decoupled in AdamW and sign-SGD.
    package let weightDecay: Double
    let make: @Sendable (ParameterList, TrainingSettings) -> any Optimizer
  }

  /// Adam's β₁ is its momentum.
  package static let entries = [
    Entry(name: "sgd", learningRate: 0.02, momentum: 0.9, weightDecay: 5e-4) { parameters, s in
      SGD(
        parameters, learningRate: s.learningRate, momentum: s.momentum, weightDecay: s.weightDecay,
        decaying: s.decaying, groups: s.groups
      )
    },
    Entry(name: "nesterov", learningRate: 0.02, momentum: 0.9, weightDecay: 5e-4) { parameters, s in
      SGD(
        parameters, learningRate: s.learningRate, momentum: s.momentum, weightDecay: s.weightDecay, nesterov: true,
        decaying: s.decaying, groups: s.groups)
    },
    Entry(name: "adam", learningRate: 0.001, momentum: 0.9, weightDecay: 0) { parameters, s in
      Adam(
        parameters, learningRate: s.learningRate, beta1: s.momentum, weightDecay: s.weightDecay, decaying: s.decaying,
        groups: s.groups)
    },
    Entry(name: "adamw", learningRate: 0.001, momentum: 0.9, weightDecay: 0.01) { parameters, s in
      AdamW(
        parameters, learningRate: s.learningRate, beta1: s.momentum, weightDecay: s.weightDecay, decaying: s.decaying,
        groups: s.groups)
    },
    Entry(name: "rmsprop", learningRate: 0.001, momentum: 0, weightDecay: 0) { parameters, s in
      RMSProp(
        parameters, learningRate: s.learningRate, momentum: s.momentum, weightDecay: s.weightDecay,
        decaying: s.decaying, groups: s.groups
      )
    },
    Entry(name: "adagrad", learningRate: 0.01, momentum: nil, weightDecay: 0) { parameters, s in
      Adagrad(
        parameters, learningRate: s.learningRate, weightDecay: s.weightDecay, decaying: s.decaying, groups: s.groups)
    },
    Entry(name: "sign-sgd", learningRate: 0.0005, momentum: 0, weightDecay: 0) { parameters, s in
      SignSGD(
        parameters, learningRate: s.learningRate, momentum: s.momentum, weightDecay: s.weightDecay,
        decaying: s.decaying, groups: s.groups
      )
    },
    Entry(name: "sam", learningRate: 0.02, momentum: 0.9, weightDecay: 5e-4) { parameters, s in
      SAM(
        SGD(
          parameters, learningRate: s.learningRate, momentum: s.momentum, weightDecay: s.weightDecay,
          decaying: s.decaying, groups: s.groups), parameters)
    },
  ]

  /// All names, in the order of the catalogue.
  public static var names: [String] { entries.map(\.name) }

  /// The optimizer with this name, in the same case; `nil` if there is none.
  package static subscript(name: String) -> Entry? { entries.first { $0.name == name } }

  /// Throws where no optimizer has this name, and says which one is nearest.
  package static func entry(_ name: String) throws(SettingsError) -> Entry {
    if let entry = self[name] { return entry }
    let nearest = EditDistance.nearest(to: name, in: names).map { "; the nearest known is \($0)" } ?? ""
    throw SettingsError(description: "there is no optimizer \"\(name)\"\(nearest)")
  }
}

extension OptimizerCatalogue.Entry {
  /// The optimizer with its usual numbers.
  package func makeUsual(_ parameters: ParameterList) -> any Optimizer {
    make(parameters, TrainingSettings(epochs: 1, optimizer: name))
  }
}
