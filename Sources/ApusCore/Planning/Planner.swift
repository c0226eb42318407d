/// Collects what a plan reports while the model runs on shapes alone: rows, the first error, and the memory that is taken.
package final class Planner {
  package private(set) var rows: [Plan.Row] = []
  package private(set) var error: PlanError?
  let input: Shape

  /// Follows the order of flattened features, for files in PyTorch's layout.
  package var features: FeatureOrders?

  /// The memory pool, without memory.
  package private(set) var pool = PlannedPool()
  /// Bytes of abstract tensors alive now, and the most at any time.
  private(set) var liveBytes = 0
  private(set) var peakBytes = 0
  /// By the row that took it: bytes alive now, and the largest scratch.
  private var liveByRow: [Int: Int] = [:]
  private var scratchByRow: [Int: Int] = [:]
  private var currentRow: Int?
  private var step = 0

  /// What kernels would do in the last step, where it is asked for.
  package var takesWork = false
  package private(set) var works: [PlannedWork] = []

  private var counted: Set<ObjectIdentifier> = []
  /// Read since the last row, and not counted yet.
  private var unclaimed: [Parameter] = []

  package init(input: Shape) { self.input = input }

  // MARK: Rows

  /// The row that memory is taken for: while the model runs the one that comes next, in the backward pass that of the operation.
  var row: Int {
    get { currentRow ?? rows.count }
    set { currentRow = newValue }
  }

  /// For an operation that was noted before it runs.
  func atRow(_ row: Int, _ body: () -> Void) {
    let outer = currentRow
    currentRow = row
    body()
    currentRow = outer
  }

  /// Forgets the rows, not what is in memory.
  package func startStep() {
    (rows, counted, unclaimed, currentRow) = ([], [], [], nil)
    (liveByRow, scratchByRow, works) = ([:], [:], [])
    step += 1
  }

  /// What is alive now is what the tape keeps: it is put into the rows.
  func forwardEnded() {
    for index in rows.indices { rows[index].keptBytes = liveByRow[index] ?? 0 }
  }

  /// Puts the largest scratch of each operation into the rows.
  package func stepEnded() {
    for index in rows.indices { rows[index].scratchBytes = scratchByRow[index] ?? 0 }
  }

  // MARK: Memory

  /// A block of an abstract tensor.
  struct Block {
    fileprivate let planner: Planner
    fileprivate let place: BlockMap.Place?
    fileprivate let row: Int
    fileprivate let step: Int

    func giveBack(_ byteCount: Int) { planner.give(self, byteCount) }
  }

  func take(_ byteCount: Int) -> Block {
    liveBytes += byteCount
    peakBytes = max(peakBytes, liveBytes)
    liveByRow[row, default: 0] += byteCount
    return Block(planner: self, place: pool.take(byteCount), row: row, step: step)
  }

  private func give(_ block: Block, _ byteCount: Int) {
    liveBytes -= byteCount
    pool.give(block.place, byteCount)
    if block.step == step { liveByRow[block.row, default: 0] -= byteCount }
  }

  /// Memory that is there before the first step and stays: parameters that are no abstract tensors of this plan.
  func hold(_ byteCount: Int) { _ = pool.take(byteCount) }

  func add(_ work: PlannedWork) { works.append(work) }

  func useScratch(_ byteCount: Int) {
    if byteCount == 0 { return }
    scratchByRow[row] = max(scratchByRow[row] ?? 0, byteCount)
    pool.give(pool.take(byteCount), byteCount)
  }

  // MARK: Reports

  /// Keeps the first error: later ones follow from it.
  func fail(_ error: PlanError) {
    if self.error == nil { self.error = error }
  }

  /// A parameter was read: the next operation is taken to use it, if it does not say itself what it uses.
  func parameterWasRead(_ parameter: Parameter) {
    if !counted.contains(ObjectIdentifier(parameter)) { unclaimed.append(parameter) }
  }

  /// Parameters are counted where they are first used: a shared layer counts once.
  func add(_ row: Plan.Row, parameters: [Parameter]) {
    var row = row
    defer { unclaimed.removeAll() }
    for parameter in parameters + unclaimed where counted.insert(ObjectIdentifier(parameter)).inserted {
      row.parameters += parameter.shape.elementCount
    }
    rows.append(row)
  }
}

/// What a tensor carries while a model is planned.
package final class PlanTrace: Sendable {
  /// `nil`: unknown, or none of a constant.
  let receptiveField: ReceptiveField?
  let isPoisoned: Bool
  /// It does not depend on the input.
  let isConstant: Bool
  /// Of the last operation that made it.
  let row: Int?

  /// How the last axis lists the features of a flattened image, where that is followed.
  let features: FeatureOrder?

  package init(
    receptiveField: ReceptiveField?, isPoisoned: Bool = false, isConstant: Bool = false, row: Int? = nil,
    features: FeatureOrder? = nil
  ) {
    self.receptiveField = receptiveField
    self.isPoisoned = isPoisoned
    self.isConstant = isConstant
    self.row = row
    self.features = features
  }
}

extension Scope {
  /// What an operation tells about itself, for plans, for graphs and for the diagnosis of non-finite values.
  package struct Note {
    var path: String?
    var parameters: [Parameter] = []
    var multiplyAdds = 0
    var window: ReceptiveField.Window?
    /// What its passes take; asked by a plan alone.
    var choices: (() -> [KernelChoice])?
    /// What it does to the order of features, if no `graph` says it.
    var features: FeatureEffect?
    /// The result depends on the whole image.
    var seesAll = false
    /// Neighboring results lie fractions of a pixel apart: there is no receptive field of whole pixels.
    var fieldIsUnknown = false
    /// What it is in a graph; `nil` where it is made of operations that report themselves, or cannot be in one.
    var graph: Graph.Operation?
    /// Its inputs in a graph, where they are others than those that the note is from; `nil` for one that is left out.
    var operands: [Tensor?]?

    package init(
      path: String? = nil, parameters: [Parameter] = [], multiplyAdds: Int = 0, window: ReceptiveField.Window? = nil,
      choices: (() -> [KernelChoice])? = nil, features: FeatureEffect? = nil, seesAll: Bool = false,
      fieldIsUnknown: Bool = false, graph: Graph.Operation? = nil, operands: [Tensor?]? = nil
    ) {
      self.path = path
      self.parameters = parameters
      self.multiplyAdds = multiplyAdds
      self.window = window
      self.choices = choices
      self.features = features
      self.seesAll = seesAll
      self.fieldIsUnknown = fieldIsUnknown
      self.graph = graph
      self.operands = operands
    }
  }

  var takesNotes: Bool { planner != nil || observer != nil || tracer != nil }

  private var isBackward: Bool { if case .backward = mode { true } else { false } }

  func note(_ operation: StaticString, _ result: Tensor, from a: Tensor, _ b: Tensor? = nil, _ note: Note) {
    let path = note.path ?? self.path
    observer?(operation, path, result)
    if let tracer {
      let inputs = note.operands ?? (b.map { [a, $0] } ?? [a])
      if let node = note.graph {
        tracer.record(node, inputs, result, name: operation, path: path)
      } else {
        tracer.record(name: operation, inputs.compactMap { $0 }, result, path: path)
      }
    }
    // The backward pass is booked on the rows of the forward one.
    guard let planner, !isBackward else { return }
    let merged = ReceptiveField.merged([a.body.trace, b?.body.trace])
    let field =
      note.fieldIsUnknown
      ? nil
      : note.seesAll && planner.input.count == 4
        ? ReceptiveField(height: planner.input[1], width: planner.input[2], jump: (1, 1))
        : note.window.map { window in merged?.through(window) } ?? merged
    result.body.trace = PlanTrace(
      receptiveField: field, isPoisoned: a.isPoisoned || (b?.isPoisoned ?? false),
      isConstant: [a.body.trace, b?.body.trace].allSatisfy { $0?.isConstant ?? true }, row: planner.rows.count,
      features: planner.features?.follow("\(operation)", result, a, b, note))
    let row = Plan.Row(
      path: path ?? "", operation: "\(operation)", outputShape: result.shape, parameters: 0,
      multiplyAdds: note.multiplyAdds, activationBytes: result.elementCount * result.scalarType.byteCount,
      keptBytes: 0, scratchBytes: 0, receptiveField: field, choices: note.choices?() ?? [])
    planner.add(row, parameters: note.parameters)
  }
}

/// Tells the current scope, if it wants to know. The note is made only then.
@inline(__always)
package func note(
  _ operation: StaticString, _ result: Tensor, from a: Tensor, _ b: Tensor? = nil,
  with details: @autoclosure () -> Scope.Note = Scope.Note()
) {
  guard let scope = Scope.current, scope.takesNotes else { return }
  scope.note(operation, result, from: a, b, details())
}
