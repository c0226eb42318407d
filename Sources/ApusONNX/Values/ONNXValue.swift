import Apus

/// What lies between operators while a model runs.
enum ONNXValue {
  case tensor(LaidTensor)
  case host(HostArray)
  case constant(ONNXConstant)

  /// In the file.
  var shape: [Int] {
    switch self {
    case .tensor(let x): x.shape
    case .host(let array): array.shape
    case .constant(let constant): constant.shape
    }
  }

  /// The numbers, if they are known without the elements of a tensor.
  var host: HostArray? {
    switch self {
    case .tensor: nil
    case .host(let array): array
    case .constant(let constant): constant.host
    }
  }

  /// As a tensor of floats.
  var laid: LaidTensor {
    switch self {
    case .tensor(let x): x
    case .host(let array): LaidTensor(Tensor(array.numbers.map { Float($0) }, shape: Shape(array.shape)))
    case .constant(let constant):
      switch constant.content {
      case .floats(let parameter): LaidTensor(parameter.value)
      case .numbers(let array): ONNXValue.host(array).laid
      }
    }
  }
}

/// What an operator is given, by its place among the node's inputs.
struct NodeOperands {
  private var values: [ONNXValue?]

  init(_ values: [ONNXValue?]) { self.values = values }

  var count: Int { values.count }

  /// `nil` for one that is left out.
  subscript(place: Int) -> ONNXValue? { place < values.count ? values[place] : nil }

  func value(_ place: Int) throws(OperatorProblem) -> ONNXValue {
    guard let value = self[place] else { throw OperatorProblem("lacks its operand \(place)") }
    return value
  }

  func host(_ place: Int) throws(OperatorProblem) -> HostArray {
    guard let array = try value(place).host else {
      throw OperatorProblem(
        "takes an operand \(place) that depends on the elements of the input, not on its shape alone")
    }
    return array
  }

  /// A tensor of floats, taken out, so that an operation that is given it alone may use its memory.
  mutating func take(_ place: Int) throws(OperatorProblem) -> LaidTensor {
    let x = try takeAny(place)
    if x.tensor.scalarType == .float32 { return x }
    throw OperatorProblem(
      "takes float32, but its operand \(place) is \(x.tensor.scalarType), made of the input's elements")
  }

  /// The same of any type.
  mutating func takeAny(_ place: Int) throws(OperatorProblem) -> LaidTensor {
    let value = try value(place)
    values[place] = nil
    return value.laid
  }
}
