import ApusCore
import ApusSupport

/// Branches that see the same input, their results one after the other along the channels: [N, H, W, C] → [N, H', W', Σ Cᵢ].
///
/// The frame of an Inception module (Szegedy et al. 2015, "Going deeper with convolutions"), here the naïve one:
/// ```swift
/// Concatenation([
///   Sequential { Conv2D(192, 64, kernel: 1) },
///   Sequential { Conv2D(192, 128, kernel: 3, padding: 1) },
///   Sequential { Conv2D(192, 32, kernel: 5, padding: 2) },
///   Sequential { MaxPool2D(3, stride: 1, padding: 1) },
/// ])
/// ```
/// Paths are indices, as a Sequential's.
public struct Concatenation: Layer, NamedParts {
  /// In the order of their channels in the result.
  package let branches: [any Layer]

  /// Traps without branches.
  public init(_ branches: [any Layer]) {
    if branches.isEmpty { fatalError("Concatenation of no branches") }
    self.branches = branches
  }

  /// [N, H, W, C] → [N, H', W', Σ Cᵢ]. Traps if the results differ in more than their channels.
  public func forward(_ x: consuming Tensor) -> Tensor {
    let input = x
    let results = branches.map { $0(input) }
    if let poisoned = results.first(where: \.isPoisoned) { return poisoned }
    return Tensor.concatenated(results, axis: -1)
  }

  /// The branches under the names `0`, `1`, …
  public var parts: [(name: String, part: Any)] { branches.enumerated().map { ("\($0.offset)", $0.element) } }
}
