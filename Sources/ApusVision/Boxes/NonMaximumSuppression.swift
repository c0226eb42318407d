import ApusSupport

/// Chooses boxes greedily: of all that are left the one with the highest score, which removes those that overlap it by more than
/// `threshold`. torchvision's `nms`, and with `classes` its `batched_nms`.
///
/// - Parameters:
///   - boxes: K boxes, none of them empty.
///   - scores: K numbers. Of equal ones the first is taken first; a NaN comes last.
///   - threshold: the largest overlap of two boxes that both stay.
///   - classes: K labels; boxes of different ones do not remove each other.
///   - measure: what the common area is divided by.
/// - Returns: places of the chosen boxes, by falling score.
public func nonMaximumSuppression(
  _ boxes: [Box], scores: [Float], threshold: Float, classes: [Int]? = nil, per measure: OverlapMeasure = .union
) -> [Int] {
  if boxes.count != scores.count || boxes.count != classes?.count ?? boxes.count {
    let labels = classes.map { " and \($0.count) classes" } ?? ""
    fatalError("non-maximum suppression of \(boxes.count) boxes with \(scores.count) scores\(labels)")
  }
  let ranks = scores.map { $0.isNaN ? -Float.infinity : $0 }
  let order = boxes.indices.sorted { (ranks[$1], $0) < (ranks[$0], $1) }
  let sorted = order.map { boxes[$0] }
  let labels = order.map { classes?[$0] ?? 0 }
  var isRemoved = [Bool](repeating: false, count: order.count)
  var chosen: [Int] = []
  for first in order.indices where !isRemoved[first] {
    chosen.append(order[first])
    for other in order.indices.suffix(from: first + 1)
    where !isRemoved[other] && labels[first] == labels[other]
      && sorted[first].overlap(with: sorted[other], per: measure) > threshold
    {
      isRemoved[other] = true
    }
  }
  return chosen
}
