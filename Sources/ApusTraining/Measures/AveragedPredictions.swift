import ApusCore
import ApusSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What several passes make of the same samples, be they models, views of an image or masks of dropout: the mean of their softmax
/// probabilities, p̄ = Σ_t p_t / T, and how far they differ. In double precision, from the logits.
///
/// The logarithm is concave, so that −log p̄ of a sample's class is at most the mean of the passes' −log p_t (Jensen): the mean's loss is
/// never above their mean loss.
struct AveragedPredictions {
  private let classes: Int
  private(set) var labels: [Int] = []
  /// Σ_t p_t and Σ_t p_t², [samples × classes].
  private var (sums, squares): ([Double], [Double]) = ([], [])
  /// log Σ_t p_t of each sample's class, which holds where Σ_t p_t would be 0.
  private var logarithms: [Double] = []
  private var passes = 0

  init(classes: Int) { self.classes = classes }

  /// Adds one pass over the samples, or `views` of each, one after the other.
  ///
  /// - Parameter logits: a batch's, in the order of the samples: [N · views, classes] and the labels [N].
  mutating func add(pass batches: some Sequence<(logits: Tensor, labels: [Int])>, views: Int = 1) {
    var sample = 0
    for (logits, labels) in batches {
      if logits.shape != [labels.count * views, classes] {
        fatalError("AveragedPredictions of \(classes) classes: \(logits.shape) logits for \(labels.count) × \(views)")
      }
      let values = logits.cast(to: .float32).array(of: Float.self)
      for (index, label) in labels.enumerated() {
        if passes == 0 { begin(label) }
        for view in 0..<views {
          let start = (index * views + view) * classes
          add(values[start..<start + classes], to: sample, isFirst: passes + view == 0)
        }
        sample += 1
      }
    }
    if sample != self.labels.count { fatalError("AveragedPredictions: passes over other samples") }
    passes += views
  }

  /// Adds what other passes made of the same samples, as many as here count.
  mutating func add(_ other: AveragedPredictions) {
    if passes == 0 {
      self = other
      return
    }
    if other.labels != labels { fatalError("AveragedPredictions: passes over other samples") }
    for index in sums.indices {
      sums[index] += other.sums[index]
      squares[index] += other.squares[index]
    }
    for sample in labels.indices {
      logarithms[sample] = AveragedPredictions.logarithm(logarithms[sample], other.logarithms[sample])
    }
    passes += other.passes
  }

  private mutating func begin(_ label: Int) {
    labels.append(label)
    sums += [Double](repeating: 0, count: classes)
    squares += [Double](repeating: 0, count: classes)
    logarithms.append(0)
  }

  private mutating func add(_ logits: ArraySlice<Float>, to sample: Int, isFirst: Bool) {
    let largest = Double(logits.max() ?? 0)
    let sum = logits.reduce(0) { $0 + exp(Double($1) - largest) }
    for (place, logit) in logits.enumerated() {
      let probability = exp(Double(logit) - largest) / sum
      sums[sample * classes + place] += probability
      squares[sample * classes + place] += probability * probability
    }
    let own = Double(logits[logits.startIndex + labels[sample]]) - largest - log(sum)
    logarithms[sample] = isFirst ? own : AveragedPredictions.logarithm(logarithms[sample], own)
  }

  /// log(exp a + exp b)
  private static func logarithm(_ a: Double, _ b: Double) -> Double {
    let (low, high) = (min(a, b), max(a, b))
    return high == -.infinity ? high : high + log1p(exp(low - high))
  }

  // MARK: Results

  private func mean(_ sample: Int, _ place: Int) -> Double { sums[sample * classes + place] / Double(passes) }

  /// Mean over the samples; NaN where there are none.
  private func overSamples(_ value: (Int) -> Double) -> Double {
    labels.indices.reduce(0) { $0 + value($1) } / Double(labels.count)
  }

  /// Cross-entropy of the mean probabilities, −log p̄ of each sample's class, and what they predict.
  var evaluation: Evaluation<ClassificationMetrics> {
    var metrics = ClassificationMetrics()
    metrics.labels = labels
    for sample in labels.indices {
      let prediction = prediction(sample)
      metrics.predictions.append(prediction)
      metrics.probabilities.append(Float(mean(sample, prediction)))
    }
    return Evaluation(loss: overSamples { log(Double(passes)) - logarithms[$0] }, metrics: metrics)
  }

  /// The class of the largest mean; the first of equal ones.
  private func prediction(_ sample: Int) -> Int {
    (1..<classes).reduce(0) { mean(sample, $1) > mean(sample, $0) ? $1 : $0 }
  }

  /// Mean probabilities of a sample.
  func probabilities(_ sample: Int) -> [Double] { (0..<classes).map { mean(sample, $0) } }

  /// The predictive entropy, −Σ p̄ log p̄, a mean over the samples, in nats.
  var entropy: Double {
    overSamples { sample in
      -probabilities(sample).reduce(0) { $0 + ($1 > 0 ? $1 * log($1) : 0) }
    }
  }

  /// How far the passes differ: the standard deviation over them of the predicted class's probability, a mean over the samples.
  var deviation: Double {
    overSamples { sample in
      let prediction = prediction(sample)
      let center = mean(sample, prediction)
      return max(0, squares[sample * classes + prediction] / Double(passes) - center * center).squareRoot()
    }
  }
}
