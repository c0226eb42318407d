import ApusData

/// The scenes that a network for segmentation or localization is trained on; see `ComposedScenes`. Training scenes are composed of training images only,
/// those that choose the epoch of validation images, and those that measure the result of test images.
public struct SceneSettings: Hashable, Sendable, Codable {
  /// Training scenes per epoch; every epoch has new ones.
  package var count: Int
  /// Height of the scenes, in pixels: 16 to 1024.
  package var height: Int
  /// Their width, in pixels: 16 to 1024.
  package var width: Int

  /// A run that is started with values out of range throws.
  ///
  /// - Parameters:
  ///   - count: training scenes per epoch; every epoch has new ones.
  ///   - height: of the scenes, in pixels: 16 to 1024.
  ///   - width: of the scenes, in pixels: 16 to 1024.
  public init(count: Int = 1536, height: Int = 64, width: Int = 64) {
    self.count = count
    self.height = height
    self.width = width
  }

  /// For boxes: as large as LeNet-5 and the networks for CIFAR-10 take.
  package static let forBoxes = SceneSettings(count: 4096, height: 32, width: 32)

  /// Throws if a number makes no sense.
  package func validate() throws(SettingsError) {
    func check(_ range: ClosedRange<Int>, _ name: String, _ value: Int) throws(SettingsError) {
      if !range.contains(value) {
        throw SettingsError(description: "\(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
      }
    }
    try check(1...10_000_000, "the number of scenes", count)
    try check(ComposedScenes.smallestSize...1024, "the scenes' height", height)
    try check(ComposedScenes.smallestSize...1024, "the scenes' width", width)
  }
}
