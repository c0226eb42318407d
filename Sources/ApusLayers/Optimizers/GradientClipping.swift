import ApusCore
import ApusSupport

/// How gradients are clipped before each step.
///
/// As text, for the command and `run.json`: `none`, `value:0.5`, `norm:1`, `adaptive:0.01`, `median:2`.
public enum GradientClipping: Hashable, Sendable {
  /// Gradients stay as they are, but must be finite.
  case none
  /// Every number into [−limit, limit].
  case value(Double)
  /// All together to a norm of at most this.
  case norm(Double)
  /// Each unit's gradient to at most this part of the norm of its weights (Brock et al. 2021).
  case adaptive(Double)
  /// All together to a norm of at most so many times the median of the norms of the last 100 steps, before clipping (lecture 4); none
  /// in the first 10.
  case medianMultiple(Double)
}

extension GradientClipping: TextCodable {
  /// `nil` unless it is `none`, or one of the four names, a colon and a finite number above 0.
  public init?(_ description: String) {
    if description == "none" {
      self = .none
      return
    }
    let parts = description.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Double(parts[1]), number > 0, number.isFinite else { return nil }
    switch parts[0] {
    case "value": self = .value(number)
    case "norm": self = .norm(number)
    case "adaptive": self = .adaptive(number)
    case "median": self = .medianMultiple(number)
    default: return nil
    }
  }

  /// The text that `init(_:)` reads.
  public var description: String {
    switch self {
    case .none: "none"
    case .value(let limit): "value:\(limit)"
    case .norm(let limit): "norm:\(limit)"
    case .adaptive(let part): "adaptive:\(part)"
    case .medianMultiple(let factor): "median:\(factor)"
    }
  }
}

/// Clips the gradients of one step after another, and remembers what the running median needs.
///
/// ```swift
/// var clipper = GradientClipper(.medianMultiple(2))
/// try clipper.clip(&gradients)
/// optimizer.step(gradients)
/// ```
package struct GradientClipper: Sendable {
  /// What `clip(_:)` does to each step's gradients.
  package let clipping: GradientClipping
  /// Of the last steps before clipping, the oldest first, at most 100; only if the running median is asked for. Part of what a
  /// checkpoint must keep.
  package var norms: [Double]

  private static let window = 100, least = 10

  /// - Parameter norms: those of the clipper that a checkpoint kept, to go on with its median.
  package init(_ clipping: GradientClipping, norms: [Double] = []) {
    self.clipping = clipping
    self.norms = norms
  }

  /// Throws if a gradient is not finite, even if nothing is clipped.
  package mutating func clip(_ gradients: inout Gradients) throws(NonFiniteGradientError) {
    switch clipping {
    case .none: try gradients.checkFinite()
    case .value(let limit): try gradients.clip(toValue: limit)
    case .norm(let limit): try gradients.clip(toNorm: limit)
    case .adaptive(let part): try gradients.clipAdaptively(part)
    case .medianMultiple(let factor):
      let limit = factor * median
      let norm =
        try norms.count >= GradientClipper.least && limit > 0 ? gradients.clip(toNorm: limit) : gradients.norm()
      norms.append(norm)
      if norms.count > GradientClipper.window { norms.removeFirst() }
    }
  }

  /// Of the norms remembered: the middle one, or the mean of the middle two.
  var median: Double {
    let sorted = norms.sorted()
    if sorted.isEmpty { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
