import ApusCore
import ApusSupport

/// Random parts of a data set in which every class has the share that it has in the whole.
package enum StratifiedDraw {
  /// Draws `count` of `candidates` (indices into `labels`); returns them and the others, both in ascending order.
  ///
  /// A class gets its share rounded down; the places left go to the classes with the largest remainders, lower classes first
  /// where those are equal. Within a class the choice is random, a pure function of (seed, class).
  package static func draw(
    _ count: Int, of candidates: [Int32], labels: [Int32], classCount: Int, seed: UInt64
  ) -> (drawn: [Int32], others: [Int32]) {
    if count < 0 || count > candidates.count { fatalError("\(count) of \(candidates.count) samples cannot be drawn") }
    if candidates.isEmpty { return ([], []) }
    var members = [[Int32]](repeating: [], count: classCount)
    for index in candidates { members[Int(labels[Int(index)])].append(index) }

    var quotas = members.map { $0.count * count / candidates.count }
    let remainders = members.map { $0.count * count % candidates.count }
    let byRemainder = members.indices.sorted { (remainders[$1], $0) < (remainders[$0], $1) }
    for index in byRemainder.prefix(count - quotas.reduce(0, +)) { quotas[index] += 1 }

    var drawn = [Int32]()
    var others = [Int32]()
    for index in members.indices {
      Shuffle.shuffle(&members[index], seed: seed, stream: RandomDomain.split | UInt64(index))
      drawn += members[index].prefix(quotas[index])
      others += members[index].dropFirst(quotas[index])
    }
    return (drawn.sorted(), others.sorted())
  }
}
