import ApusCore
import ApusLayers
import ApusSupport

/// Counts of pixels by true and predicted class, and the four measures that Long, Shelhamer & Darrell 2015 (section 5) take of them.
///
/// With n_ij pixels of class i predicted as class j, t_i = Σ_j n_ij of class i, p_i = Σ_j n_ji predicted as it:
///
///     pixel accuracy  Σ n_ii / Σ t_i           mean accuracy  mean of n_ii / t_i
///     IoU of class i  n_ii / (t_i + p_i − n_ii)      mean IoU  mean of the classes' IoU
///     frequency-weighted IoU  Σ t_i IoU_i / Σ t_i
///
/// Pixels with the ignored label count for nothing. A class that is neither in the truth nor predicted has no IoU, one that is not in the
/// truth no accuracy, and the means are over the others; one that is only predicted has the IoU 0, which counts. Where nothing was counted
/// the means are NaN.
public struct SegmentationMetrics: Metrics, Hashable {
  /// Number of classes; labels and predictions are in 0 ..< classes.
  package let classes: Int
  /// The label of pixels that are left out; `nil`: none.
  package let ignored: Int?
  /// n_ij at i · classes + j.
  private var counts: [Int]

  /// Counts of no pixels yet. Traps on fewer than one class.
  public init(classes: Int, ignoring ignored: Int? = nil) {
    if classes < 1 { fatalError("SegmentationMetrics of \(classes) classes") }
    self.classes = classes
    self.ignored = ignored
    counts = [Int](repeating: 0, count: classes * classes)
  }

  /// The four measures, mean IoU first.
  public var metrics: [Metric] {
    ["mean_iou", "pixel_accuracy", "mean_accuracy", "frequency_weighted_iou"].map {
      Metric($0, goal: .rising, isFraction: true)
    }
  }

  /// Mean IoU, pixel accuracy, mean accuracy, frequency-weighted IoU.
  public var values: [Double] {
    [meanIntersectionOverUnion, pixelAccuracy, meanAccuracy, frequencyWeightedIntersectionOverUnion]
  }

  /// Counts the pixels of scores `[N, H, W, K]` with labels int32 `[N, H, W]`.
  public mutating func add(outputs: Tensor, labels: Tensor) { add(predictions: outputs.argmax(), labels: labels) }

  /// Counts the pixels of int32 tensors of one shape. Traps on a class outside 0 ..< classes.
  public mutating func add(predictions: Tensor, labels: Tensor) {
    if predictions.shape != labels.shape {
      fatalError("SegmentationMetrics: predictions of shape \(predictions.shape) for labels of shape \(labels.shape)")
    }
    predictions.withUnsafeScalars(of: Int32.self) { predictions in
      labels.withUnsafeScalars(of: Int32.self) { truth in
        for (index, label) in truth.enumerated() where Int(label) != ignored {
          let prediction = predictions[index]
          if label < 0 || Int(label) >= classes || prediction < 0 || Int(prediction) >= classes {
            fatalError(
              """
              SegmentationMetrics: label \(label) and prediction \(prediction) at \(labels.place(index)), \
              expected 0...\(classes - 1)
              """)
          }
          counts[Int(label) * classes + Int(prediction)] += 1
        }
      }
    }
  }

  /// Pixels by true class (row) and predicted class (column).
  public var confusion: [[Int]] { (0..<classes).map { Array(counts[$0 * classes..<($0 + 1) * classes]) } }

  /// Pixels counted.
  package var pixels: Int { counts.reduce(0, +) }

  /// t_i
  package func pixels(of index: Int) -> Int { (0..<classes).reduce(0) { $0 + counts[index * classes + $1] } }

  /// p_i
  package func predictedPixels(of index: Int) -> Int { (0..<classes).reduce(0) { $0 + counts[$1 * classes + index] } }

  private func hits(_ index: Int) -> Int { counts[index * classes + index] }

  /// Part of a class's pixels that are predicted as it; `nil` where it has none.
  public func accuracy(of index: Int) -> Double? {
    let total = pixels(of: index)
    return total == 0 ? nil : Double(hits(index)) / Double(total)
  }

  /// Intersection over union of a class's pixels and those predicted as it; `nil` where it has neither.
  public func intersectionOverUnion(of index: Int) -> Double? {
    let union = pixels(of: index) + predictedPixels(of: index) - hits(index)
    return union == 0 ? nil : Double(hits(index)) / Double(union)
  }

  /// Part of all counted pixels whose class is predicted; NaN if none was counted.
  public var pixelAccuracy: Double {
    Double((0..<classes).reduce(0) { $0 + hits($1) }) / Double(pixels)
  }

  /// Mean over the classes that have pixels; NaN if none has.
  public var meanAccuracy: Double { mean((0..<classes).compactMap { accuracy(of: $0) }) }

  /// Mean IoU over the classes that have pixels or predictions; NaN if none has.
  public var meanIntersectionOverUnion: Double { mean((0..<classes).compactMap { intersectionOverUnion(of: $0) }) }

  /// IoU of the classes, weighted by their pixels; NaN if none was counted.
  public var frequencyWeightedIntersectionOverUnion: Double {
    (0..<classes).reduce(0) { $0 + Double(pixels(of: $1)) * (intersectionOverUnion(of: $1) ?? 0) } / Double(pixels)
  }

  /// Why the predictions show no learning, in words: as many pixels are right as where every pixel gets the most frequent class, or fewer.
  /// `nil` where more are, and where all pixels are of one class.
  package var didNotLearn: String? {
    let most = (0..<classes).map { pixels(of: $0) }.max() ?? 0
    let right = (0..<classes).reduce(0) { $0 + hits($1) }
    if right > most || most == pixels { return nil }
    func percent(_ count: Int) -> String { (Double(count) / Double(pixels)).percent(decimals: 1) }
    return "\(percent(right)) of the pixels are right, and \(percent(most)) would be with one class for all"
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}
