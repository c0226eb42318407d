import Apus

/// What an ONNX file holds, as far as an inference graph needs it. Field numbers: onnx.proto of onnx 1.23.
package struct ONNXFile {
  package struct Node {
    package var operation: String
    package var name: String
    package var inputs: [String]
    /// Results in front of the output that nobody reads.
    package var unread: [String]
    package var output: String
    package var attributes: Attributes
  }

  package typealias Attributes = [(name: String, value: Attribute)]

  package enum Attribute {
    case integer(Int)
    case integers([Int])
    case number(Double)
    case text(String)
  }

  package struct Initializer {
    package var name: String
    package var shape: [Int]
    package var content: Content

    package enum Content {
      case floats(PermutedElements)
      case integers([Int])
    }
  }

  package struct Value {
    package var name: String
    package var shape: [Dimension]
  }

  package enum Dimension: Hashable {
    case size(Int)
    case named(String)
  }

  /// The first version of the format that knows operators of set 17; what reads it reads all of this.
  static let version = 8
  static let operatorSet = 17
  /// Protocol buffers count a message's bytes in 31 bits.
  package static let maximumByteCount = Int(Int32.max)

  package var name = ""
  package var nodes: [Node] = []
  package var initializers: [Initializer] = []
  package var inputs: [Value] = []
  package var outputs: [Value] = []
  package var metadata: [(key: String, value: String)] = []

  /// ModelProto
  package var message: ProtobufMessage {
    var message = ProtobufMessage()
    message.add(1, ONNXFile.version)
    message.add(2, "apus")
    message.add(3, Runtime.version)
    message.add(7, graphMessage)
    var set = ProtobufMessage()
    set.add(1, "")
    set.add(2, ONNXFile.operatorSet)
    message.add(8, set)
    for entry in metadata {
      var pair = ProtobufMessage()
      pair.add(1, entry.key)
      pair.add(2, entry.value)
      message.add(14, pair)
    }
    return message
  }

  /// GraphProto
  private var graphMessage: ProtobufMessage {
    var message = ProtobufMessage()
    for node in nodes { message.add(1, node.message) }
    message.add(2, name)
    for initializer in initializers { message.add(5, initializer.message) }
    for input in inputs { message.add(11, input.message) }
    for output in outputs { message.add(12, output.message) }
    return message
  }
}

/// TensorProto.DataType
private enum DataType {
  static let float = 1
  static let int64 = 7
}

extension ONNXFile.Node {
  /// NodeProto
  fileprivate var message: ProtobufMessage {
    var message = ProtobufMessage()
    for input in inputs { message.add(1, input) }
    for output in unread + [output] { message.add(2, output) }
    message.add(3, name)
    message.add(4, operation)
    for attribute in attributes { message.add(5, attribute.value.message(attribute.name)) }
    return message
  }
}

extension ONNXFile.Attribute {
  /// AttributeProto
  fileprivate func message(_ name: String) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.add(1, name)
    switch self {
    case .number(let value):
      message.add(2, Float(value))
      message.add(20, 1)
    case .integer(let value):
      message.add(3, value)
      message.add(20, 2)
    case .text(let value):
      message.add(4, value)
      message.add(20, 3)
    case .integers(let values):
      for value in values { message.add(8, value) }
      message.add(20, 7)
    }
    return message
  }
}

extension ONNXFile.Initializer {
  /// TensorProto
  fileprivate var message: ProtobufMessage {
    var message = ProtobufMessage()
    for size in shape { message.add(1, size) }
    switch content {
    case .floats(let elements):
      message.add(2, DataType.float)
      message.add(8, name)
      message.add(9, elements)
    case .integers(let values):
      message.add(2, DataType.int64)
      message.add(8, name)
      message.add(9, bytes: values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } })
    }
    return message
  }
}

extension ONNXFile.Value {
  /// ValueInfoProto
  fileprivate var message: ProtobufMessage {
    var sizes = ProtobufMessage()
    for dimension in shape {
      var message = ProtobufMessage()
      switch dimension {
      case .size(let size): message.add(1, size)
      case .named(let name): message.add(2, name)
      }
      sizes.add(1, message)
    }
    var tensor = ProtobufMessage()
    tensor.add(1, DataType.float)
    tensor.add(2, sizes)
    var type = ProtobufMessage()
    type.add(1, tensor)
    var message = ProtobufMessage()
    message.add(1, name)
    message.add(2, type)
    return message
  }
}
