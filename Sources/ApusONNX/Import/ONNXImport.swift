import Apus

/// What a file became: its nodes, and what it says of its inputs and outputs.
struct ONNXImport {
  let contents: ONNXContents
  let program: ONNXProgram
  private let file: String

  init(_ bytes: [UInt8], file: String, leavesOutSoftmax: Bool = false) throws {
    var record = try ModelRecord.decoded(bytes, file: file)
    if leavesOutSoftmax { record.graph.leaveOutSoftmax() }
    record.graph = try FunctionInlining(record.functions, file: file).inlined(record.graph)
    try record.check(file)
    var builder = ONNXBuilder(bytes, file: file, operatorSet: record.operatorSets[""] ?? 0)
    program = try builder.build(record)
    contents = builder.contents
    self.file = file
  }

  var parts: [(name: String, part: Any)] { program.nodes.map { ($0.path, $0) } }

  var outputNames: [String] { program.outputs.map(\.name) }

  /// The first outputs for as many tensors as there are inputs, or a poisoned tensor alone.
  func run(_ given: [Tensor], upTo count: Int) -> [Tensor] {
    var inputs: [ONNXValue] = []
    for (value, x) in zip(contents.inputs, given) {
      if x.isPoisoned { return [x] }
      let x = x.entering("ONNX")
      guard value.fits(x.shape), x.scalarType == .float32 else {
        let name = given.count == 1 ? "" : " for \(NodeNames.quoted(value.name))"
        return [
          shapeFailure(of: "ONNX", "expects \(value)\(name), input is \(x.scalarType) of shape \(x.shape)", input: x)
        ]
      }
      inputs.append(.tensor(value.isTurned ? LaidTensor(x, order: LaidTensor.channelsLast(x.rank)) : LaidTensor(x)))
    }
    let results = program.run(inputs, upTo: count, anchor: given[0])
    if case .tensor(let y)? = results.first, y.tensor.isPoisoned { return [y.tensor] }
    let isTurned = contents.inputs.contains(where: \.isTurned)
    return results.map { value in
      let y = value.laid
      return isTurned && y.rank == 4 ? y.inOrder(LaidTensor.channelsLast(4)) : y.plain
    }
  }

  /// Runs on shapes, so that a file that does not fit itself is found when it is read, and weights behind a flattening are turned once.
  /// Sizes that the file leaves open are those of a usual image.
  func settle(_ pass: ([Shape]) -> ForwardPass) throws {
    let usual = contents.inputs.map(\.usualShape)
    do {
      _ = try pass(usual.map(\.shape)).plan()
    } catch let error as PlanError {
      // An image of another size may fit where the file leaves it open.
      if !usual.contains(where: \.isGuess) {
        throw FileError(
          file, part: error.path, found: "\(error.operation) \(error.problem)", expected: "a graph whose shapes fit")
      }
    }
    for node in program.nodes { node.operator.settle() }
  }
}

extension GraphRecord {
  /// Makes what the first output is a softmax of the output.
  fileprivate mutating func leaveOutSoftmax() {
    guard let output = outputs.first, let last = nodes.last(where: { $0.outputs.contains(output.name) }),
      last.operation == "Softmax" || last.operation == "LogSoftmax", let scores = last.inputs.first
    else { return }
    outputs[0].name = scores
  }
}
