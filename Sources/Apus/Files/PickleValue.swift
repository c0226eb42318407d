/// What a pickle from PyTorch can hold here. Containers and tensors are places in the machine's lists, so that no nesting and no
/// cycle in a file is one in memory.
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
  case global(PickleGlobal)
  case storage(Int)
  case tensor(Int)

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
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }
}

/// The names in a pickle that mean something here. In Python a name is imported and called, which is how a pickle runs code; here it
/// is a case of this list or an error, and nothing is ever called.
enum PickleGlobal: String, CaseIterable, Sendable {
  case orderedDict = "collections.OrderedDict"
  case rebuildTensor = "torch._utils._rebuild_tensor_v2"
  case rebuildParameter = "torch._utils._rebuild_parameter"
  case parameter = "torch.nn.parameter.Parameter"
  case size = "torch.Size"
  case doubleStorage = "torch.DoubleStorage"
  case floatStorage = "torch.FloatStorage"
  case halfStorage = "torch.HalfStorage"
  case bfloat16Storage = "torch.BFloat16Storage"
  case longStorage = "torch.LongStorage"
  case intStorage = "torch.IntStorage"
  case shortStorage = "torch.ShortStorage"
  case charStorage = "torch.CharStorage"
  case byteStorage = "torch.ByteStorage"
  case boolStorage = "torch.BoolStorage"

  /// The type of the elements, where it names a storage.
  var elementType: StoredType? {
    switch self {
    case .doubleStorage: .f64
    case .floatStorage: .f32
    case .halfStorage: .f16
    case .bfloat16Storage: .bf16
    case .longStorage: .i64
    case .intStorage: .i32
    case .shortStorage: .i16
    case .charStorage: .i8
    case .byteStorage: .u8
    case .boolStorage: .bool
    case .orderedDict, .rebuildTensor, .rebuildParameter, .parameter, .size: nil
    }
  }
}

/// What a pickle says of a storage: the numbers are elsewhere, under `key`.
struct PickledStorage: Sendable {
  let key: String
  let type: StoredType
  let count: Int
}

/// What a pickle says of a tensor, unchecked. Offset and strides count elements of the storage.
struct PickledTensor: Sendable {
  let storage: PickledStorage
  let offset: Int
  let sizes: [Int]
  let strides: [Int]
}
