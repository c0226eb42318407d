import ApusCore
import ApusData
import ApusLayers
import ApusSupport

/// How a model does on some samples, in inference mode: the loss, and what was counted beside it.
@dynamicMemberLookup
public struct Evaluation<Counted: Sendable>: Sendable {
  /// Mean loss per sample.
  public var loss: Double
  /// What was counted; its properties are the evaluation's too: `evaluation.accuracy`.
  public var metrics: Counted

  /// A property of what was counted.
  public subscript<Value>(dynamicMember path: WritableKeyPath<Counted, Value>) -> Value {
    get { metrics[keyPath: path] }
    set { metrics[keyPath: path] = newValue }
  }

  /// A property of what was counted.
  public subscript<Value>(dynamicMember path: KeyPath<Counted, Value>) -> Value { metrics[keyPath: path] }
}

extension Evaluation<ClassificationMetrics> {
  /// Counts by true class (row) and predicted class (column).
  public func confusion(classes: Int) -> [[Int]] { metrics.confusion(classes: classes) }
}

extension Evaluation<any Metrics> {
  /// The numbers alone.
  package var scores: Scores {
    Scores(
      loss: loss,
      metrics: Dictionary(uniqueKeysWithValues: zip(metrics.metrics.map(\.name), metrics.values)))
  }
}

/// Runs a classifier over batches in inference mode. Sums are in double precision, in the order of the batches, weighted by samples. Where
/// there are no samples loss and accuracy are NaN: no number stands for nothing.
public func evaluate(
  _ model: some Layer, on batches: some Sequence<Batch>
) -> Evaluation<ClassificationMetrics> {
  evaluate(model, on: batches, loss: .crossEntropy(), metrics: ClassificationMetrics())
}

/// Runs any model over batches in inference mode, with a loss and metrics of one's choice.
///
/// ```swift
/// let result = evaluate(
///   model, on: scenes.batches(of: 16), loss: .crossEntropy(ignoring: 255),
///   metrics: SegmentationMetrics(classes: 11, ignoring: 255))
/// print(result.loss, result.meanIntersectionOverUnion)
/// ```
///
/// - Parameter metrics: what the batches are added to.
public func evaluate<Counted: Metrics>(
  _ model: some Layer, on batches: some Sequence<Batch>, loss: Loss, metrics: Counted
) -> Evaluation<Counted> {
  let result = measure(model, on: batches, loss: loss, metrics: metrics)
  guard let counted = result.metrics as? Counted else { fatalError("metrics that change their type") }
  return Evaluation(loss: result.loss, metrics: counted)
}

/// As `evaluate`, for metrics whose type is not known.
func measure(
  _ model: some Layer, on batches: some Sequence<Batch>, loss: Loss, metrics: any Metrics
) -> Evaluation<any Metrics> {
  var metrics = metrics
  var (sum, count) = (0.0, 0)
  for batch in batches {
    let outputs = withPhase(.inference, of: model) { model(batch.images) }
    sum += withPhase(.inference) { loss(outputs, batch.labels) }.item() * Double(batch.count)
    metrics.add(outputs: outputs, labels: batch.labels)
    count += batch.count
  }
  return Evaluation(loss: sum / Double(count), metrics: metrics)
}
