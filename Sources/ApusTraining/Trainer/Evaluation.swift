import ApusCore
import ApusData
import ApusLayers

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How a model does on labelled images, in inference mode.
public struct Evaluation: Sendable {
  /// Mean cross-entropy a sample.
  public var loss: Double
  /// Part of the samples whose most probable class is the right one, from 0 to 1.
  public var accuracy: Double
  /// The true class of each sample, in the order of the batches.
  public var labels: [Int]
  /// The most probable class of each sample; the first of equal ones.
  public var predictions: [Int]
  /// Probability that the model gives to its prediction.
  public var probabilities: [Float]

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
}

/// Runs a model over batches in inference mode. Sums are in double precision, in the order of the batches, weighted by samples. Where there
/// are no samples loss and accuracy are NaN: no number stands for nothing.
public func evaluate(_ model: some Layer, on batches: some Sequence<Batch>) -> Evaluation {
  var lossSum = 0.0
  var correct = 0
  var result = Evaluation(loss: 0, accuracy: 0, labels: [], predictions: [], probabilities: [])
  for batch in batches {
    let logits = withPhase(.inference, of: model) { model(batch.images) }
    lossSum += withPhase(.inference) { crossEntropy(logits: logits, labels: batch.labels) }.item() * Double(batch.count)
    let classes = logits.shape[1]
    logits.cast(to: .float32).withUnsafeScalars(of: Float.self) { logits in
      batch.labels.withUnsafeScalars(of: Int32.self) { labels in
        for sample in 0..<labels.count {
          let row = logits[sample * classes..<(sample + 1) * classes]
          let (prediction, probability) = mostProbable(row)
          if prediction == Int(labels[sample]) { correct += 1 }
          result.labels.append(Int(labels[sample]))
          result.predictions.append(prediction)
          result.probabilities.append(probability)
        }
      }
    }
  }
  let count = result.labels.count
  result.loss = lossSum / Double(count)
  result.accuracy = Double(correct) / Double(count)
  return result
}

/// The class with the largest logit and its softmax probability.
private func mostProbable(_ logits: Slice<UnsafeBufferPointer<Float>>) -> (index: Int, probability: Float) {
  var best = logits.startIndex
  for index in logits.indices where logits[index] > logits[best] { best = index }
  let sum = logits.reduce(0) { $0 + exp($1 - logits[best]) }
  return (best - logits.startIndex, 1 / sum)
}
