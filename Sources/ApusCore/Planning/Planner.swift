/// Listens while a model runs on shapes alone, and collects what a plan reports: a row for each operation, and the first error.
package final class Planner: OperationListener {
  package private(set) var rows: [Plan.Row] = []
  package private(set) var error: PlanError?
  /// What tensors and kernels take.
  package let memory = PlannedMemory()
  let inputs: [Shape]

  private var counted: Set<ObjectIdentifier> = []
  /// Read since the last row, and not counted yet.
  private var unclaimed: [Parameter] = []

  /// - Parameter inputs: the shapes of the inputs, [N, …].
  package init(inputs: [Shape]) { self.inputs = inputs }

  /// Inputs of the plan's shapes, without memory. To be made in a scope that plans.
  package func makeInputs() -> [Tensor] {
    inputs.map { shape in
      let x = Tensor(uninitialized: shape, .float32)
      x.body.mark = PlanMark(receptiveField: .pixel)
      return x
    }
  }

  /// Forgets the rows, not what is in memory.
  package func startStep() {
    (rows, counted, unclaimed) = ([], [], [])
    memory.startStep()
  }

  /// Puts the largest scratch of each operation into the rows.
  package func stepEnded() {
    for index in rows.indices { rows[index].scratchBytes = memory.scratchByOperation[index] ?? 0 }
  }

  /// Parameters and buffers of a model, which are in memory before anything runs.
  package func holdModel(_ model: some Model) {
    for entry in model.parameters { memory.hold(entry.parameter.shape.elementCount * 4) }
    for entry in model.buffers { memory.hold(entry.buffer.shape.elementCount * 4) }
  }

  // MARK: What operations report

  package var listensInside: Bool { true }

  /// What is alive now is what the tape keeps: it is put into the rows.
  package func forwardEnded() {
    for index in rows.indices { rows[index].keptBytes = memory.liveByOperation[index] ?? 0 }
  }

  /// Keeps the first error: later ones follow from it.
  package func keepsError(_ error: PlanError) -> Bool {
    if self.error == nil { self.error = error }
    return true
  }

  /// The next operation is taken to use it: it is counted where it is used first, so that a shared layer counts once.
  package func parameterWasRead(_ parameter: Parameter) {
    if counted.insert(ObjectIdentifier(parameter)).inserted { unclaimed.append(parameter) }
  }

  package func operationRan(_ report: OperationReport, in scope: Scope) {
    // The backward pass is booked on the rows of the forward one.
    if scope.isBackward { return }
    let result = report.result
    let marks = report.inputs.compactMap { $0?.body.mark }
    guard report.isListed else {
      // The parts of a whole have marked it already.
      if result.body.mark == nil {
        result.body.mark = marks.first { !(($0 as? PlanMark)?.isConstant ?? false) } ?? marks.first
      }
      return
    }
    let details = report.details
    let merged = ReceptiveField.merged(marks)
    let field =
      details.fieldIsUnknown
      ? nil
      : details.seesAll && inputs.count == 1 && inputs[0].count == 4
        ? ReceptiveField(height: inputs[0][1], width: inputs[0][2], jump: (1, 1))
        : details.window.map { window in merged?.through(window) } ?? merged
    result.body.mark = PlanMark(
      receptiveField: field, isPoisoned: marks.contains(where: \.isPoisoned),
      isConstant: marks.allSatisfy { ($0 as? PlanMark)?.isConstant ?? false }, operation: memory.next())
    rows.append(
      Plan.Row(
        path: scope.path ?? "", operation: "\(report.name)", outputShape: result.shape,
        parameters: unclaimed.reduce(0) { $0 + $1.shape.elementCount }, multiplyAdds: details.multiplyAdds,
        activationBytes: result.elementCount * result.scalarType.byteCount, keptBytes: 0, scratchBytes: 0,
        receptiveField: field, choices: details.choices?() ?? []))
    unclaimed.removeAll()
  }
}

/// What a planner remembers of a tensor. `@unchecked Sendable` as what it inherits from: constant.
final class PlanMark: TensorMark, @unchecked Sendable {
  /// `nil`: unknown, or none of a constant.
  let receptiveField: ReceptiveField?
  /// It does not depend on the input.
  let isConstant: Bool

  init(receptiveField: ReceptiveField?, isPoisoned: Bool = false, isConstant: Bool = false, operation: Int? = nil) {
    self.receptiveField = receptiveField
    self.isConstant = isConstant
    super.init(isPoisoned: isPoisoned, operation: operation)
  }
}

extension ReceptiveField {
  /// Of a sum or concatenation: unknown where one of them is, or where the strides of the branches differ. Constants, which do
  /// not depend on the input, do not count.
  fileprivate static func merged(_ marks: [TensorMark]) -> ReceptiveField? {
    // One that is not a planner's is of a shape error.
    let dependent = marks.map { $0 as? PlanMark ?? PlanMark(receptiveField: nil) }.filter { !$0.isConstant }
    guard var field = dependent.first?.receptiveField else { return nil }
    for mark in dependent.dropFirst() {
      guard let other = mark.receptiveField, other.jump == field.jump else { return nil }
      (field.start.height, field.height) = joined(
        (field.start.height, field.height), (other.start.height, other.height))
      (field.start.width, field.width) = joined((field.start.width, field.width), (other.start.width, other.width))
    }
    return field
  }

  /// The least range of pixels that has both, by first pixel and size.
  private static func joined(_ a: (Int, Int), _ b: (Int, Int)) -> (Int, Int) {
    let start = min(a.0, b.0)
    // A size at the end of 63 bits stays there.
    let sizes = [a, b].map { range in
      let (gap, isTooFar) = range.0.subtractingReportingOverflow(start)
      let (size, overflow) = range.1.addingReportingOverflow(gap)
      return isTooFar || overflow ? Int.max : size
    }
    return (start, max(sizes[0], sizes[1]))
  }
}

extension Scope {
  /// A scope in which a model runs on shapes alone, and `planner` listens.
  package convenience init(
    planning planner: Planner, mode: Mode = .plain, phase: Phase = .inference, of model: any Model
  ) {
    self.init(mode: mode, phase: phase, key: RandomKey(seed: 0, step: 0), plannedMemory: planner.memory)
    self.model = model
    add(planner)
    planner.memory.keepsError = { [unowned planner, unowned self] operation, problem in
      let scope = Scope.current ?? self
      _ = planner.keepsError(
        PlanError(path: scope.path ?? "", operation: operation, problem: problem, owners: scope.ownLayers))
    }
  }
}
