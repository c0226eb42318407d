import ApusCore
import ApusSupport

/// A number of composed scenes as samples, with the class of every pixel as labels int32 `[N, H, W]`, or of
/// scenes of one image its class and box as targets `[N, 5]`.
///
/// Every training epoch has new scenes: epoch e, counted from 1, those from (e − 1) · count on. Their seed is the scenes' own. Evaluation
/// is on the first `count`, always.
public struct SceneSamples: SampleSource {
  /// Where they come from.
  package let scenes: ComposedScenes
  /// Number of scenes of one epoch.
  public let count: Int

  /// Traps on fewer than one scene.
  public init(_ scenes: ComposedScenes, count: Int) {
    if count < 1 { fatalError("SceneSamples of \(count) scenes") }
    self.scenes = scenes
    self.count = count
  }

  /// `[H, W, 1]`
  public var sampleShape: Shape { [scenes.height, scenes.width, 1] }

  /// The scenes of an epoch, which traps below 1; `seed` changes nothing.
  public func batches(of size: Int, shuffled seed: UInt64, epoch: Int, from first: Int = 0) -> BatchSequence {
    if epoch < 1 || size < 1 { fatalError("SceneSamples: batches of \(size) in epoch \(epoch), expected at least 1") }
    let start = (epoch - 1) * count
    return BatchSequence(count: (count + size - 1) / size, from: first) { index in
      scenes.batch(start + index * size..<start + min((index + 1) * size, count))
    }
  }

  /// The first `count` scenes.
  public func batches(of size: Int) -> BatchSequence { batches(of: size, shuffled: 0, epoch: 1) }

  /// The first of them.
  public func sample(_ count: Int) -> SceneSamples { SceneSamples(scenes, count: min(count, self.count)) }
}
