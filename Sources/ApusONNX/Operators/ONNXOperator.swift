import Apus

/// What a node does, with its settings checked and its weights turned to this library's layouts.
protocol ONNXOperator: AnyObject {
  /// Parameters, buffers and layers that it holds, by their names below the node's.
  var parts: [(name: String, part: Any)] { get }

  /// The results, as many as the operator has; the operands are taken out where that saves memory.
  func run(_ operands: inout NodeOperands) throws(OperatorProblem) -> [ONNXValue]

  /// Called once after the model has run on shapes, as its input says them: what weights still depend on may be settled.
  func settle()
}

extension ONNXOperator {
  var parts: [(name: String, part: Any)] { [] }

  func settle() {}
}

/// What makes the operator of a node, or says what in it is not as expected.
typealias OperatorMaker = @Sendable (NodeContext) throws(FileError) -> any ONNXOperator

/// An operator that holds nothing but settings.
final class FunctionOperator: ONNXOperator {
  typealias Body = (inout NodeOperands) throws(OperatorProblem) -> [ONNXValue]

  private let body: Body

  init(_ body: @escaping Body) { self.body = body }

  /// Of one tensor.
  static func ofTensor(
    _ function: @escaping (consuming LaidTensor) throws(OperatorProblem) -> LaidTensor
  ) -> FunctionOperator {
    FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      [.tensor(try function(try operands.take(0)))]
    }
  }

  func run(_ operands: inout NodeOperands) throws(OperatorProblem) -> [ONNXValue] { try body(&operands) }
}

/// A node that an operator is made for: its attributes, and those of its inputs that are constants.
struct NodeContext {
  let file: String
  /// The file's, in which the elements of tensors are.
  let bytes: [UInt8]
  let node: NodeRecord
  /// The version of ONNX's operators that the file is written in.
  let operatorSet: Int
  /// Where the node's operands are constants.
  let constants: [ONNXConstant?]

  func problem(_ found: String, _ expected: String) -> FileError {
    FileError(file, part: NodeNames.place(of: node), found: found, expected: expected)
  }

  /// `nil` for one that is left out, or that the model computes.
  func constant(_ place: Int) -> ONNXConstant? { place < constants.count ? constants[place] : nil }

  func has(_ place: Int) -> Bool { place < node.inputs.count && !node.inputs[place].isEmpty }

  /// A constant of floats that an operator turns into a weight.
  func weight(_ place: Int, _ what: String, rank: Int) throws(FileError) -> (tensor: Tensor, name: String) {
    guard let constant = constant(place), let tensor = constant.parameter?.value else {
      throw problem("\(what) that the model computes or that is not floats", "an initializer of floats")
    }
    if tensor.rank != rank { throw problem("\(what) of shape \(tensor.shape)", "\(rank) axes") }
    return (tensor, constant.name)
  }

  // MARK: Attributes

  private func content(_ name: String) -> AttributeRecord.Content {
    node.attributes.first { $0.name == name }?.content ?? .none
  }

  func hasAttribute(_ name: String) -> Bool { if case .none = content(name) { false } else { true } }

  func integer(_ name: String, _ usual: Int, in range: ClosedRange<Int> = Int.min...Int.max) throws(FileError) -> Int {
    switch content(name) {
    // One that must be given has a default out of its range.
    case .none where range.contains(usual): return usual
    case .none: throw problem("no \(name)", "it in \(range)")
    case .integer(let value):
      if !range.contains(value) { throw problem("\(name) = \(value)", "\(range)") }
      return value
    default: throw problem("\(name) of another kind", "a whole number")
    }
  }

  func flag(_ name: String, _ usual: Bool = false) throws(FileError) -> Bool {
    try integer(name, usual ? 1 : 0, in: 0...1) == 1
  }

  func number(_ name: String, _ usual: Double, in range: ClosedRange<Double> = -.infinity ... .infinity)
    throws(FileError) -> Double
  {
    switch content(name) {
    case .none: return usual
    case .number(let value):
      // The shortest decimal that is this float: 1e-5 and not 9.99999974e-6, as the exporter's source had it.
      guard let exact = Double("\(value)"), range.contains(exact) else {
        throw problem("\(name) = \(value)", "\(range)")
      }
      return exact
    default: throw problem("\(name) of another kind", "a number")
    }
  }

  func integers(_ name: String) throws(FileError) -> [Int]? {
    switch content(name) {
    case .none: return nil
    case .integers(let values): return values
    case .integer(let value): return [value]
    default: throw problem("\(name) of another kind", "a list of whole numbers")
    }
  }

  func numbers(_ name: String) throws(FileError) -> [Float]? {
    switch content(name) {
    case .none: return nil
    case .numbers(let values): return values
    default: throw problem("\(name) of another kind", "a list of numbers")
    }
  }

  func text(_ name: String, _ usual: String, of choices: [String]) throws(FileError) -> String {
    switch content(name) {
    case .none: return usual
    case .text(let value):
      if !choices.contains(value) {
        throw problem("\(name) = \(NodeNames.quoted(value))", choices.joined(separator: ", "))
      }
      return value
    default: throw problem("\(name) of another kind", "a text")
    }
  }

  /// One that must be given.
  func anyText(_ name: String) throws(FileError) -> String {
    guard case .text(let value) = content(name) else { throw problem("no \(name), or one of another kind", "a text") }
    return value
  }

  /// The numbers of a small tensor.
  func array(_ name: String) throws(FileError) -> HostArray? {
    switch content(name) {
    case .none: return nil
    case .tensor(let record): return try TensorElements(record, file, bytes, part: NodeNames.place(of: node)).array()
    default: throw problem("\(name) of another kind", "a tensor")
    }
  }
}

/// An axis of a file, counted from the front, or from the back where negative.
func resolvedAxis(_ axis: Int, rank: Int) throws(OperatorProblem) -> Int {
  guard axis >= -rank && axis < rank else { throw OperatorProblem("has axis \(axis) of \(rank) axes") }
  return axis < 0 ? axis + rank : axis
}

func resolvedAxes(_ axes: [Int], rank: Int) throws(OperatorProblem) -> [Int] {
  var resolved: [Int] = []
  for axis in axes { resolved.append(try resolvedAxis(axis, rank: rank)) }
  if Set(resolved).count != resolved.count { throw OperatorProblem("names an axis twice in \(axes)") }
  return resolved.sorted()
}

/// A shape that a computation asks for, if a tensor can have it.
func checkedShape(_ sizes: [Int]) throws(OperatorProblem) -> Shape {
  if sizes.count > Shape.maximumRank || sizes.contains(where: { $0 > IntOrPair.largest }) {
    throw OperatorProblem("makes shape \(sizes), of more than \(Shape.maximumRank) axes or too large a one")
  }
  _ = try HostArray.count(sizes, limit: 1 << 33)
  return Shape(sizes)
}
