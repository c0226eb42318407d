import ApusCore
import ApusLayers
import ApusSupport

/// What is counted over a part of the data: a value that batches are added to. `ClassificationMetrics` and `SegmentationMetrics` are two,
/// `MeanMetric` makes one of a function; one's own counts what it likes.
public protocol Metrics: Sendable {
  /// The numbers that it measures. The first decides which epoch is the best; without any the loss does.
  var metrics: [Metric] { get }

  /// Their values over what was added so far, in the order of `metrics`.
  var values: [Double] { get }

  /// Counts a batch.
  ///
  /// - Parameters:
  ///   - outputs: what the network gave, in inference mode.
  ///   - labels: what the batch has as labels or targets.
  mutating func add(outputs: Tensor, labels: Tensor)

  /// How far below `best` the first number of another epoch may be for so many samples not to tell the two apart: of such epochs the
  /// latest is kept, which has seen more.
  func tolerance(of best: Double, samples: Int) -> Double
}

extension Metrics {
  /// 0: every difference counts.
  public func tolerance(of best: Double, samples: Int) -> Double { 0 }
}

/// One of the numbers that `Metrics` measure.
public struct Metric: Hashable, Sendable, Codable {
  /// Words of lowercase letters and digits that begin with a letter, joined by underscores, as in the columns of `metrics.csv`:
  /// `accuracy`, `mean_iou`.
  public let name: String
  /// Which way is better.
  package let goal: Goal
  /// Whether it is a part from 0 to 1, which people are shown in percent.
  package let isFraction: Bool

  /// Traps if the name has another form, or is `loss`, which is measured always.
  public init(_ name: String, goal: Goal, isFraction: Bool = false) {
    let words = name.split(separator: "_", omittingEmptySubsequences: false)
    let isName = words.allSatisfy { word in
      word.first.map { ("a"..."z").contains($0) } ?? false
        && word.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) }
    }
    if !isName || name == "loss" {
      fatalError(
        "Metric \"\(name)\": expected lowercase words joined by underscores, as mean_iou, and another name than loss")
    }
    self.name = name
    self.goal = goal
    self.isFraction = isFraction
  }

  /// For people: `mean IoU`.
  package var title: String {
    name.split(separator: "_").map { $0 == "iou" ? "IoU" : String($0) }.joined(separator: " ")
  }

  /// A value for people.
  package func text(_ value: Double, decimals: Int = 1) -> String {
    isFraction ? value.percent(decimals: decimals) : value.compact(decimals: 4, width: 10)
  }

  /// The accuracy of a classifier.
  public static let accuracy = Metric("accuracy", goal: .rising, isFraction: true)
}

/// The mean over samples of a function's value for each batch: an error, a distance.
///
/// ```swift
/// let error = MeanMetric("mae", goal: .falling) { l1Loss($0, $1) }
/// ```
public struct MeanMetric: Metrics {
  private let metric: Metric
  private let value: @Sendable (Tensor, Tensor) -> Tensor
  private var sum = 0.0
  private var samples = 0

  /// - Parameter value: a scalar of outputs and labels, the mean over a batch.
  public init(
    _ name: String, goal: Goal, isFraction: Bool = false,
    _ value: @escaping @Sendable (_ outputs: Tensor, _ labels: Tensor) -> Tensor
  ) {
    metric = Metric(name, goal: goal, isFraction: isFraction)
    self.value = value
  }

  /// The one number.
  public var metrics: [Metric] { [metric] }
  /// Its mean so far; NaN before the first sample.
  public var values: [Double] { [sum / Double(samples)] }

  /// Adds a batch, weighted by its samples.
  public mutating func add(outputs: Tensor, labels: Tensor) {
    let count = outputs.shape[0]
    sum += value(outputs, labels).item() * Double(count)
    samples += count
  }
}

/// Loss and metrics of a part of the data, in inference mode.
public struct Scores: Hashable, Sendable, Codable {
  /// Mean loss per sample.
  public var loss: Double
  /// The metrics' values by their names.
  public var metrics: [String: Double]

  package init(loss: Double, metrics: [String: Double]) {
    self.loss = loss
    self.metrics = metrics
  }

  /// A metric's value. Traps if it was not measured.
  public subscript(name: String) -> Double {
    guard let value = metrics[name] else {
      fatalError(
        "there is no metric \"\(name)\"; measured were \((["loss"] + metrics.keys.sorted()).joined(separator: ", "))")
    }
    return value
  }
}
