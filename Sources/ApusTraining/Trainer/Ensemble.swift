import ApusCore
import ApusData
import ApusLayers
import ApusSupport

/// Several models whose probabilities are averaged: their errors cancel as far as they differ. Members trained on bootstrap draws
/// (`DataSplit.bootstrap`) make it bagging. Breiman 1996; AlexNet's seven networks take its error from 18.2 % to 15.4 %.
public struct Ensemble {
  /// The models, each with the same weight in the mean.
  package let members: [any Layer]

  /// Traps if there is no model. All must give logits `[N, K]` for the same classes.
  public init(_ members: [any Layer]) {
    if members.isEmpty { fatalError("an ensemble of no models") }
    self.members = members
  }

  /// Mean softmax probabilities [N, K], in inference.
  public func probabilities(_ x: Tensor) -> Tensor {
    let sum = members.dropFirst().reduce(softmax(logits(members[0], x))) { sum, member in
      let next = softmax(logits(member, x))
      if next.shape != sum.shape { fatalError("an ensemble's members answer with \(sum.shape) and \(next.shape)") }
      return sum + next
    }
    return sum / Double(members.count)
  }

  /// Accuracy of the ensemble and of each member on the same batches, from 0 to 1; NaN where there are no samples.
  public func accuracy(on batches: some Sequence<Batch>) -> (ensemble: Double, members: [Double]) {
    var (count, right, rights) = (0, 0, [Int](repeating: 0, count: members.count))
    func correct(_ scores: Tensor, _ labels: [Int32]) -> Int {
      zip(scores.argmax(axis: 1).array(of: Int32.self), labels).count { $0 == $1 }
    }
    for batch in batches {
      let labels = batch.labels.array(of: Int32.self)
      count += labels.count
      right += correct(probabilities(batch.images), labels)
      for (index, member) in members.enumerated() { rights[index] += correct(logits(member, batch.images), labels) }
    }
    return (Double(right) / Double(count), rights.map { Double($0) / Double(count) })
  }

  private func logits(_ model: any Layer, _ x: Tensor) -> Tensor { withPhase(.inference, of: model) { model(x) } }
}
