import Apus

/// The messages of an ONNX file as far as inference needs them; field numbers are those of onnx.proto (onnx 1.23). Weights stay in the
/// file's bytes.
package struct ModelRecord {
  package var formatVersion = 0
  package var producer = ""
  package var producerVersion = ""
  /// By domain; ONNX's own is "".
  package var operatorSets: [String: Int] = [:]
  package var graph = GraphRecord()
  package var functions: [FunctionRecord] = []
  package var trains = false
  package var metadata: [String: String] = [:]
}

package struct GraphRecord {
  package var name = ""
  package var nodes: [NodeRecord] = []
  package var initializers: [TensorRecord] = []
  package var inputs: [ValueRecord] = []
  package var outputs: [ValueRecord] = []
}

/// A function of the file's own, which nodes call by domain and name.
package struct FunctionRecord {
  package var name = ""
  package var domain = ""
  package var inputs: [String] = []
  package var outputs: [String] = []
  package var nodes: [NodeRecord] = []
  /// Attributes with their defaults.
  package var defaults: [AttributeRecord] = []
  package var operatorSets: [String: Int] = [:]
}

package struct NodeRecord {
  package var name = ""
  package var operation = ""
  package var domain = ""
  /// Empty names are operands that are left out.
  package var inputs: [String] = []
  package var outputs: [String] = []
  package var attributes: [AttributeRecord] = []
  /// What the last of its inputs are called in the graphs inside of it, where those read them.
  var outerReads: [String] = []

  /// With its domain, if that is not ONNX's own.
  var fullOperation: String { domain.isEmpty ? operation : "\(domain).\(operation)" }

  /// The graphs inside of it, by their names.
  var graphs: [(name: String, graph: GraphRecord)] {
    attributes.compactMap { if case .graph(let graph) = $0.content { ($0.name, graph) } else { nil } }
  }
}

package struct AttributeRecord {
  package var name = ""
  /// The attribute of the function around the node whose value it takes; empty for one with a value of its own.
  package var reference = ""
  package var content: Content = .none

  package enum Content {
    case none
    case integer(Int)
    case number(Float)
    case text(String)
    case tensor(TensorRecord)
    case integers([Int])
    case numbers([Float])
    case texts([String])
    /// A graph inside of the node.
    case graph(GraphRecord)
    /// A kind that no operator here has.
    case other
  }
}

/// An input or output with what the file says of its shape; `nil` for a size that it leaves open.
package struct ValueRecord {
  package var name = ""
  package var type = 0
  package var sizes: [Int?]?
}

/// TensorProto: the elements are in one of several places.
package struct TensorRecord {
  package var name = ""
  package var sizes: [Int] = []
  package var type = 0
  package var raw: Range<Int>?
  package var floats: [Float] = []
  package var doubles: [Double] = []
  package var integers: [Int] = []
  package var isExternal = false
  /// Where external elements are: `location`, `offset`, `length`.
  package var external: [String: String] = [:]
}
