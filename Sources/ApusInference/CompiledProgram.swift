import ApusCore

/// Kernels with a place for everything that they read and write. Unchanging: many `Compiled` may run it, each in memory of
/// its own.
///
/// `@unchecked Sendable` for the kernels: values that hold the texts of C plans behind pointers to constants. A run writes nothing but
/// what its table names.
final class CompiledProgram: @unchecked Sendable {
  let inputs: [Shape]
  let outputs: [(name: String, shape: Shape)]
  let steps: [Lowering.Step]
  /// Bytes of the arena, and of what lies in it if nothing shared memory.
  let arenaBytes: Int
  let separateBytes: Int
  /// Addresses that kernels find their memory by: a table, of which each step has a part.
  let table: [Address]
  /// Where each step's part begins.
  let firsts: [Int]

  enum Address {
    case arena(offset: Int)
    case constant(Tensor)
    case input(Int)
    case result(Int)
    /// Of a place that is left out.
    case none
  }

  /// `names`: of the results.
  init(_ lowering: Lowering, names: [String]) {
    let graph = lowering.graph
    inputs = graph.inputs.map { graph.shape(of: $0) }
    outputs = zip(names, graph.outputs).map { ($0, graph.shape(of: $1)) }
    steps = lowering.steps
    let slots = SharedSlots(lowering)
    var blocks: [ArenaPlan.Block] = []
    var blockOfSlot: [Int: Int] = [:]
    let inputCount = inputs.count
    let results = lowering.resultSlots.map { slots.root($0) }
    for (slot, use) in slots.lifetimes where slot >= inputCount && !results.contains(slot) {
      blockOfSlot[slot] = blocks.count
      blocks.append(ArenaPlan.Block(byteCount: lowering.slots[slot] * MemoryLayout<Float>.stride, steps: use))
    }
    let scratch = steps.enumerated().map { place, step in
      blocks.append(ArenaPlan.Block(byteCount: step.kernel.scratchBytes, steps: place...place))
      return blocks.count - 1
    }
    let plan = ArenaPlan(blocks)
    arenaBytes = plan.byteCount
    separateBytes = lowering.slots.dropFirst(inputCount).reduce(0) { $0 + $1 * MemoryLayout<Float>.stride }
    func address(_ slot: Int) -> Address {
      let root = slots.root(slot)
      if root < inputCount { return .input(root) }
      if let result = results.firstIndex(of: root) { return .result(result) }
      return .arena(offset: plan.offsets[blockOfSlot[root]!])
    }
    var table: [Address] = []
    var firsts: [Int] = []
    for (step, scratch) in zip(steps, scratch) {
      firsts.append(table.count)
      table += [.arena(offset: plan.offsets[scratch]), address(step.result)]
      for input in step.inputs {
        switch input {
        case .slot(let slot): table.append(address(slot))
        case .constant(let tensor): table.append(.constant(tensor))
        case nil: table.append(.none)
        }
      }
    }
    self.table = table
    self.firsts = firsts
  }

  var packedBytes: Int { steps.reduce(0) { $0 + $1.packedBytes } }
}

/// Which slots are one piece of memory, because a kernel overwrites an input that nobody reads any more, and when each is needed.
private struct SharedSlots {
  private var parents: [Int]
  /// Of the pieces, by their root, in the order of the slots: the first step that writes and the last one that reads.
  private(set) var lifetimes: [(slot: Int, steps: ClosedRange<Int>)] = []

  init(_ lowering: Lowering) {
    parents = Array(lowering.slots.indices)
    var uses: [ClosedRange<Int>?] = lowering.slots.map { _ in nil }
    func use(_ slot: Int, _ step: Int) {
      uses[slot] = min(uses[slot]?.lowerBound ?? step, step)...max(uses[slot]?.upperBound ?? step, step)
    }
    for (place, step) in lowering.steps.enumerated() {
      use(step.result, place)
      for case .slot(let slot)? in step.inputs { use(slot, place) }
    }
    // What the caller reads is needed to the end.
    for slot in lowering.resultSlots { use(slot, lowering.steps.count) }
    let inputCount = lowering.graph.inputs.count
    for (place, step) in lowering.steps.enumerated() {
      for index in step.mayOverwrite {
        guard case .slot(let slot) = step.inputs[index] else { continue }
        let (old, new) = (root(slot), root(step.result))
        // Not the caller's inputs, nothing that is read later, and no other input of the kernel.
        guard old >= inputCount, old != new, uses[old]?.upperBound == place,
          lowering.slots[slot] == lowering.slots[step.result],
          !step.inputs.enumerated().contains(where: { other in
            if other.offset != index, case .slot(let slot)? = other.element { root(slot) == old } else { false }
          })
        else { continue }
        parents[old] = new
        uses[new] = uses[old]!.lowerBound...uses[new]!.upperBound
        uses[old] = nil
        break
      }
    }
    lifetimes = uses.enumerated().compactMap { slot, use in use.map { (slot, $0) } }
  }

  func root(_ slot: Int) -> Int {
    var slot = slot
    while parents[slot] != slot { slot = parents[slot] }
    return slot
  }
}
