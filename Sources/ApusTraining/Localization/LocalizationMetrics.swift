import ApusCore
import ApusData
import ApusSupport

/// What a network with a head for the class and one for a box makes of scenes: outputs `[N, classes + 4]`, targets `[N, 5]`.
///
/// The mean IoU is over all scenes, whatever class is predicted; a box counts as found from an IoU of 0.5 on, as in PASCAL VOC.
package struct LocalizationMetrics: Metrics {
  /// Of one scene.
  package struct Row: Sendable {
    var label: Int
    var prediction: Int
    package var truth: BoxShares
    package var box: BoxShares

    package var intersectionOverUnion: Double { truth.intersectionOverUnion(with: box) }
  }

  /// The IoU from which on a box is found.
  static let threshold = 0.5

  private let classes: Int
  /// The scenes in the order of the batches.
  package private(set) var rows: [Row] = []

  package init(classes: Int) { self.classes = classes }

  /// The mean IoU first.
  package var metrics: [Metric] {
    ["mean_iou", "boxes_found", "accuracy"].map { Metric($0, goal: .rising, isFraction: true) }
  }

  package var values: [Double] {
    [
      mean(\.intersectionOverUnion), mean { $0.intersectionOverUnion >= LocalizationMetrics.threshold ? 1 : 0 },
      mean { $0.prediction == $0.label ? 1 : 0 },
    ]
  }

  package mutating func add(outputs: Tensor, labels: Tensor) {
    let (count, width, target) = (labels.shape[0], classes + BoxShares.count, 1 + BoxShares.count)
    if outputs.shape != [count, width] || labels.shape != [count, target] {
      fatalError("LocalizationMetrics of \(classes) classes: outputs \(outputs.shape) for targets \(labels.shape)")
    }
    let given = outputs.cast(to: .float32).array(of: Float.self)
    let wanted = labels.array(of: Float.self)
    for sample in 0..<count {
      let scores = given[sample * width..<sample * width + classes]
      let best = scores.indices.reduce(scores.startIndex) { scores[$1] > scores[$0] ? $1 : $0 }
      rows.append(
        Row(
          label: Int(wanted[sample * target]), prediction: best - scores.startIndex,
          truth: BoxShares(wanted[sample * target + 1..<(sample + 1) * target]),
          box: BoxShares(given[scores.endIndex..<(sample + 1) * width])))
    }
  }

  /// NaN where there are no scenes.
  private func mean(_ value: (Row) -> Double) -> Double { rows.reduce(0) { $0 + value($1) } / Double(rows.count) }

  /// Why the boxes show no learning, in words: the mean of the true boxes, given for every scene, would overlap them as much or more.
  /// `nil` where they overlap more.
  package var didNotLearn: String? {
    if rows.isEmpty { return nil }
    let sums = rows.reduce([Float](repeating: 0, count: BoxShares.count)) { sums, row in
      zip(sums, row.truth.numbers).map { $0 + $1 }
    }
    let one = BoxShares(sums.map { $0 / Float(rows.count) })
    let (own, constant) = (mean(\.intersectionOverUnion), mean { $0.truth.intersectionOverUnion(with: one) })
    if own > constant { return nil }
    return
      "the mean IoU is \(own.percent(decimals: 1)), and would be \(constant.percent(decimals: 1)) with one box for all"
  }
}
