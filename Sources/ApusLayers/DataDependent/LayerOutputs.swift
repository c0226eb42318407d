import ApusCore
import ApusSupport

/// The convolutions and linear layers of a model in the order in which they run on a batch, and their outputs before
/// any activation: what initializations that look at data work on.
struct LayerOutputs {
  struct LayerPart {
    let path: String
    let weight: Parameter
    let bias: Parameter?
  }

  private(set) var layers: [LayerPart] = []
  private let model: any Layer
  private let run: () -> Void

  init(_ model: some Layer, batch: Tensor) {
    let parameters = model.parameters
    self.model = model
    run = { _ = model(batch) }
    var found: [LayerPart] = []
    observe { path, _ in
      let prefix = path.isEmpty ? "" : path + "."
      guard !found.contains(where: { $0.path == path }), let weight = parameters[prefix + "weight"] else { return }
      found.append(LayerPart(path: path, weight: weight, bias: parameters[prefix + "bias"]))
    }
    layers = found
  }

  /// The output of one layer on the batch; of a layer that runs several times, the first.
  func output(of layer: LayerPart) -> Tensor {
    var output: Tensor?
    observe { path, result in if output == nil, path == layer.path { output = result.detached() } }
    guard let output else { fatalError("\(layer.path): ran once and not again on the same batch") }
    return output
  }

  /// Dropout is off and batch norm normalizes by the batch, as it will when training begins; no state moves.
  private func observe(_ look: @escaping (_ path: String, _ result: Tensor) -> Void) {
    let phase = Phase(dropout: false, batchStatistics: true, updatesState: false)
    let scope = Scope(mode: .plain, phase: phase, key: RandomKey(seed: 0, step: 0))
    scope.model = model
    scope.add(
      ResultObserver { report, scope in
        switch report.operation {
        case .convolution, .linear: if let path = scope.path { look(path, report.result) }
        default: break
        }
      })
    scope.run { run() }
  }
}

/// A layer whose outputs on the given batch do not allow an initialization that looks at them.
public struct InitializationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The layer's path.
  package var path: String
  /// What was expected of the layer's outputs, and what was found.
  package var problem: String

  /// One line: the path, a colon, the problem.
  public var description: String { "\(path): \(problem)" }
}

/// How a layer was left by an initialization that looks at data.
public struct InitializedLayer: Hashable, Sendable {
  /// Path of the layer in the model.
  public var path: String
  /// Mean and deviation of its outputs on the batch, before any activation, over all channels.
  public var mean: Double
  /// The goal is 1; measured after the weights were last scaled.
  public var deviation: Double
  /// How often its weights were scaled by its outputs' deviation.
  package var iterations: Int
}

extension Tensor {
  /// Mean and deviation over some axes, in double precision.
  func moments(axes: [Int]? = nil) -> (mean: Tensor, deviation: Tensor) {
    let wide = detached().cast(to: .float64)
    return (wide.mean(axes: axes), wide.variance(axes: axes).sqrt())
  }
}
