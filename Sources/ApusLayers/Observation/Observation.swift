import ApusCore

/// Watches what the layers of a model give, and the gradients with respect to it, while a computation runs.
///
/// ```swift
/// let watch = try Observation(of: model, at: ["*"])
/// let (loss, gradients) = watch { valueWithGradients(of: model) { crossEntropy(logits: model(x), labels: labels) } }
/// for seen in watch.values { print(seen.path, seen.kind, seen.statistics.standardDeviation) }
/// ```
/// No bit of the computation changes. All paths are watched in one pass; a layer that is called several times in one call of
/// the model counts with its first result. Forward passes outside of `valueWithGradients` have values and no gradients.
public final class Observation {
  /// What was seen, in the order in which it was computed: values forwards, then gradients backwards, pass by pass.
  public private(set) var values: [ObservedValue] = []

  private let model: any Model
  private let paths: Set<String>
  private let watchesGradients: Bool
  private let countsChannels: Bool

  /// - Parameters:
  ///   - patterns: paths of layers, in which `*` stands for any characters and `?` for one; all layers if none is given.
  ///   - gradients: whether gradients are watched, too.
  ///   - perChannel: whether each index of the last axis has statistics of its own beside those of the whole.
  /// - Throws: `PathError` for a pattern that matches no layer.
  public init(
    of model: some Model, at patterns: [String] = ["*"], gradients: Bool = true, perChannel: Bool = false
  ) throws(PathError) {
    let layers = ModelWalk(model, listsLayers: true).layers.map(\.path).filter { !$0.isEmpty }
    var chosen: Set<String> = []
    for pattern in patterns {
      let matching = layers.filter { ParameterGroup(pattern).matches($0) }
      if matching.isEmpty {
        throw PathError(
          pattern, problem: "matches none of the model's \(layers.count) layers",
          nearest: PathError.nearest(to: pattern, in: layers.map { ($0, $0) }))
      }
      chosen.formUnion(matching)
    }
    self.model = model
    paths = chosen
    watchesGradients = gradients
    countsChannels = perChannel
  }

  /// Runs `body`, and watches every pass in it. Not inside `valueWithGradients`, whose closure it is to surround.
  public func callAsFunction<Result>(_ body: () throws -> Result) rethrows -> Result {
    let scope = Scope(
      mode: .plain, phase: Scope.current?.phase ?? .inference, key: Scope.current?.key ?? RandomKey(seed: 0, step: 0))
    scope.model = model
    scope.add(LayerWatcher(self))
    return try scope.run(body)
  }

  fileprivate func watches(_ path: String) -> Bool { paths.contains(path) }

  fileprivate func add(_ kind: ObservedValue.Kind, _ path: String, _ x: Tensor, ends: ClosedRange<Float>?) {
    let statistics = x.statistics(channels: 1, ends: ends)[0]
    values.append(
      ObservedValue(
        path: path, kind: kind, shape: Array(x.shape), statistics: statistics,
        channels: countsChannels ? x.statistics(channels: x.shape.last ?? 1, ends: ends) : nil,
        histogram: x.histogram(bins: 128, in: statistics.least...statistics.largest, most: 1 << 14)))
  }

  /// The scope's listener, which must not be what users hold.
  private final class LayerWatcher: OperationListener {
    private let observation: Observation
    /// Paths that the outermost call has come to so far.
    private var seen: Set<String> = []

    init(_ observation: Observation) { self.observation = observation }

    var listensInside: Bool { true }

    func layerReturned(_ result: Tensor, in scope: Scope) -> Tensor? {
      defer { if scope.isOutermostCall { seen = [] } }
      guard let path = scope.path, observation.watches(path), scope.plannedMemory == nil else { return nil }
      guard seen.insert(path).inserted else { return nil }
      // A shape error's stand-in, or what is no number.
      if result.isPoisoned || !result.scalarType.isFloatingPoint { return nil }
      observation.add(.value, path, result, ends: (scope.innermostLayer as? any Saturating)?.saturation)
      if observation.watchesGradients {
        scope.watchGradient(of: result) { [observation] in observation.add(.gradient, path, $0, ends: nil) }
      }
      return nil
    }
  }
}

/// What one layer gave in one pass, or the loss's gradient with respect to it.
public struct ObservedValue: Hashable, Sendable, Codable {
  /// Which of the two it is.
  public enum Kind: String, Hashable, Sendable, Codable {
    /// The layer's result.
    case value
    /// The gradient of what `valueWithGradients` took it of, with respect to that result.
    case gradient
  }

  /// Of the layer.
  public var path: String
  /// A value or a gradient.
  public var kind: Kind
  /// Of the tensor.
  public var shape: [Int]
  /// Over all elements.
  public var statistics: ValueStatistics
  /// For each index of the last axis, where it was asked for.
  public var channels: [ValueStatistics]?
  /// Of at most 2¹⁴ evenly spread elements, in 128 bins from the smallest to the largest element.
  public var histogram: Histogram
}
