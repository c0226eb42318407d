import ApusCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a classifier makes of each sample: logits `[N, K]` with labels int32 `[N]`.
public struct ClassificationMetrics: Metrics {
  /// The true class of each sample, in the order of the batches.
  public var labels: [Int] = []
  /// The most probable class of each sample; the first of equal ones.
  public var predictions: [Int] = []
  /// Probability that the model gives to its prediction.
  public var probabilities: [Float] = []

  /// Of no samples yet.
  public init() {}

  /// The accuracy alone.
  public var metrics: [Metric] { [.accuracy] }
  /// The accuracy.
  public var values: [Double] { [accuracy] }

  /// Part of the samples whose most probable class is the right one, from 0 to 1; NaN if there are none.
  public var accuracy: Double { Double(zip(labels, predictions).count { $0 == $1 }) / Double(labels.count) }

  /// Counts by true class (row) and predicted class (column).
  public func confusion(classes: Int) -> [[Int]] {
    var counts = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    for (label, prediction) in zip(labels, predictions) { counts[label][prediction] += 1 }
    return counts
  }

  /// Indices of the samples that are classified wrongly, the most probable prediction first.
  public var mistakes: [Int] {
    labels.indices.filter { labels[$0] != predictions[$0] }
      .sorted { (probabilities[$0], $1) > (probabilities[$1], $0) }
  }

  /// Adds a batch.
  public mutating func add(outputs: Tensor, labels: Tensor) {
    let classes = outputs.shape[1]
    outputs.cast(to: .float32).withUnsafeScalars(of: Float.self) { logits in
      labels.withUnsafeScalars(of: Int32.self) { labels in
        for sample in 0..<labels.count {
          let row = logits[sample * classes..<(sample + 1) * classes]
          let (prediction, probability) = ClassificationMetrics.mostProbable(row)
          self.labels.append(Int(labels[sample]))
          predictions.append(prediction)
          probabilities.append(probability)
        }
      }
    }
  }

  /// The standard error of the difference of two accuracies (after the one-standard-error rule, Breiman et al. 1984): among epochs that n
  /// validation images cannot tell apart, later ones have seen more and, under a falling learning rate, are less noisy. The highest of a
  /// few hundred images alone is mostly luck.
  ///
  /// √(2·p·(1 − p)/n), with p by Laplace's rule of succession, as an accuracy of 1 does not mean certainty.
  public func tolerance(of best: Double, samples: Int) -> Double {
    let p = (best * Double(samples) + 1) / Double(samples + 2)
    return (2 * p * (1 - p) / Double(samples)).squareRoot()
  }

  /// The class with the largest logit and its softmax probability.
  private static func mostProbable(_ logits: Slice<UnsafeBufferPointer<Float>>) -> (index: Int, probability: Float) {
    var best = logits.startIndex
    for index in logits.indices where logits[index] > logits[best] { best = index }
    let sum = logits.reduce(0) { $0 + exp($1 - logits[best]) }
    return (best - logits.startIndex, 1 / sum)
  }
}
