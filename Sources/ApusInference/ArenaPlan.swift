/// Where blocks of memory that are needed for parts of a run lie in one arena: blocks whose times overlap do not share bytes.
///
/// Greedy: the largest block first, each in the smallest gap that it fits between the blocks of its time that lie already.
package struct ArenaPlan {
  package struct Block {
    package var byteCount: Int
    /// The first and last step that needs it.
    package var steps: ClosedRange<Int>

    package init(byteCount: Int, steps: ClosedRange<Int>) { (self.byteCount, self.steps) = (byteCount, steps) }
  }

  /// Of each block, a multiple of 64.
  package private(set) var offsets: [Int]
  package private(set) var byteCount = 0

  package init(_ blocks: [Block]) {
    offsets = Array(repeating: 0, count: blocks.count)
    let sizes = blocks.map { ($0.byteCount + 63) / 64 * 64 }
    var placed: [Int] = []
    for block in blocks.indices.sorted(by: { (sizes[$0], $1) > (sizes[$1], $0) }) {
      let neighbors = placed.filter { blocks[$0].steps.overlaps(blocks[block].steps) }.sorted {
        offsets[$0] < offsets[$1]
      }
      var (end, best) = (0, (offset: 0, gap: Int.max))
      for neighbor in neighbors {
        let gap = offsets[neighbor] - end
        if gap >= sizes[block] && gap < best.gap { best = (end, gap) }
        end = max(end, offsets[neighbor] + sizes[neighbor])
      }
      offsets[block] = best.gap == Int.max ? end : best.offset
      byteCount = max(byteCount, offsets[block] + sizes[block])
      placed.append(block)
    }
  }
}
