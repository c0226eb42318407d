import ApusCore
import ApusData
import ApusLayers

extension Loss {
  /// How much the box counts beside the class.
  static let boxWeight = 5.0
  /// From where on a difference counts by its absolute value: a twentieth of the image.
  static let boxBeta = 0.05

  /// Of a network with a head for the class and one for a box: the loss of its class, and 5 times the smooth L1 of its box's four
  /// numbers, summed over them, the mean over the batch. Girshick 2015, "Fast R-CNN", equation 1.
  ///
  /// Outputs are `[N, classes + 4]`, targets `[N, 5]`: class, x, y, width, height.
  ///
  /// - Parameter ofClass: the class's, of logits `[N, classes]` and labels int32 `[N]`.
  package static func localization(classes: Int, ofClass: Loss) -> Loss {
    Loss(ofClass.name) { outputs, targets in
      let labels = targets[.all, 0].cast(to: .int32)
      let box = smoothL1Loss(
        outputs.slice(axis: 1, range: classes..<classes + BoxShares.count),
        targets.slice(axis: 1, range: 1..<1 + BoxShares.count), beta: boxBeta, reduction: .sum)
      return ofClass(outputs.slice(axis: 1, range: 0..<classes), labels) + box * (boxWeight / Double(targets.shape[0]))
    }
  }
}
