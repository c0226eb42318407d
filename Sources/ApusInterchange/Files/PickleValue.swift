import ApusCore
import ApusSupport

/// What a pickle from PyTorch can hold here. Containers, tensors and objects are places in the machine's lists, so that no nesting and
/// no cycle in a file is one in memory.
enum PickleValue: Sendable {
  case none
  case boolean(Bool)
  case integer(Int)
  case real(Double)
  case text(String)
  /// Something that no tensor needs, by what it is.
  case other(String)
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  /// A Python name that says how a tensor is made.
  case global(PickleGlobal)
  /// Any other Python name. It stays a text: nothing is imported, nothing called.
  case name(String)
  case storage(Int)
  case tensor(Int)
  case object(Int)

  /// Whether nothing is inside that could be a tensor.
  var isLeaf: Bool {
    switch self {
    case .tensor, .dictionary, .list, .tuple, .object: false
    default: true
    }
  }

  /// What it is, for a message.
  var kind: String {
    switch self {
    case .none: "None"
    case .boolean(let value): value ? "True" : "False"
    case .integer(let value): "the integer \(value)"
    case .real(let value): "the number \(value)"
    case .text(let value): "the text \(JSONScanner.shown(value))"
    case .other(let what): what
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dict"
    case .global(let name): name.rawValue
    case .name(let name): "the Python name \(JSONScanner.shown(name))"
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .object: "a Python object"
    }
  }

  /// The Python name that it is.
  var pythonName: String? {
    switch self {
    case .global(let name): name.rawValue
    case .name(let name): name
    default: nil
    }
  }
}

/// The names in a pickle that mean something here. In Python a name is imported and called, which is how a pickle runs code; here a
/// call of one of these describes a tensor or a container, and a call of any other gives a `PickledObject`, which does nothing.
enum PickleGlobal: String, CaseIterable, Sendable {
  case orderedDict = "collections.OrderedDict"
  case defaultDict = "collections.defaultdict"
  /// Before PyTorch 0.4.
  case rebuildOldTensor = "torch._utils._rebuild_tensor"
  case rebuildTensor = "torch._utils._rebuild_tensor_v2"
  /// With a dtype that has no storage class of its own.
  case rebuildTypedTensor = "torch._utils._rebuild_tensor_v3"
  case rebuildParameter = "torch._utils._rebuild_parameter"
  case rebuildParameterWithState = "torch._utils._rebuild_parameter_with_state"
  /// Tensors with attributes, and of classes derived from PyTorch's.
  case rebuildFromType = "torch._tensor._rebuild_from_type_v2"
  case parameter = "torch.nn.parameter.Parameter"
  case size = "torch.Size"
}

/// What Python would make by running code: the name of the class or function, and the data given to it afterwards.
struct PickledObject: Sendable {
  let type: String
  /// A tensor of a type that is not read; `type` is that type.
  let isTensor: Bool
  /// Its attributes.
  var state: PickleValue?
  /// Its items where it is a kind of dict, by their place among the dictionaries.
  var items: Int?

  /// For a list of what was skipped.
  var title: String {
    let shown = JSONScanner.plain(String(type.prefix(100)))
    return isTensor ? "tensor of \(shown)" : shown
  }
}

/// A storage's class in a pickle: `torch.FloatStorage`.
struct StorageClass: Sendable {
  let name: String
  /// `nil` if its elements are of no type that is read.
  let type: StoredType?
  /// Bytes of an element; `nil` if that is not known.
  let byteCount: Int?

  private static let types: [String: StoredType] = [
    "Double": .f64, "Float": .f32, "Half": .f16, "BFloat16": .bf16, "Long": .i64, "Int": .i32, "Short": .i16,
    "Char": .i8, "Byte": .u8, "Bool": .bool,
  ]
  /// Those that are not read and yet have to be passed over.
  private static let otherByteCounts = [
    "Untyped": 1, "ComplexHalf": 4, "ComplexFloat": 8, "ComplexDouble": 16, "QInt8": 1, "QUInt8": 1, "QInt32": 4,
    "QUInt4x2": 1, "QUInt2x4": 1,
  ]

  /// `nil` for a name that is not a storage's.
  init?(_ name: String) {
    let (module, ending) = ("torch.", "Storage")
    guard name.utf8.count < 100, name.hasPrefix(module), name.hasSuffix(ending) else { return nil }
    // Earlier versions have classes for the GPU, and underscores before the untyped one.
    let stem = name.dropLast(ending.count).split(separator: ".").last.map { String($0.drop { $0 == "_" }) } ?? ""
    self.name = name
    type = Self.types[stem]
    byteCount = type?.byteCount ?? Self.otherByteCounts[stem]
  }
}

/// What a pickle says of a storage: the numbers are elsewhere, under `key`.
struct PickledStorage: Sendable {
  let key: String
  let elements: StorageClass
  let count: Int
  /// The part of it that tensors count from; early versions of PyTorch shared one storage so.
  let view: (offset: Int, count: Int)?
}

/// What a pickle says of a tensor, unchecked. Offset and strides count elements of the storage.
struct PickledTensor: Sendable {
  let storage: PickledStorage
  let type: StoredType
  let offset: Int
  let sizes: [Int]
  let strides: [Int]
}
