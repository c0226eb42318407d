import ApusSupport

extension PickleMachine {
  // MARK: Names

  /// The most bytes of a name. Many names can be made of two long texts.
  private static let nameByteLimit = 1000

  func global(module: String, name: String) throws(FileError) -> PickleValue {
    let count = module.utf8.count + name.utf8.count
    if count > Self.nameByteLimit {
      throw refusal("a Python name of \(count) bytes", "at most \(Self.nameByteLimit)")
    }
    let full = "\(module).\(name)"
    return PickleGlobal(rawValue: full).map { .global($0) } ?? .name(full)
  }

  // MARK: References to what is outside the pickle

  /// `("storage", class, key, device, count)`, with a view of another storage in the format before PyTorch 1.6; the device does not
  /// matter. Or `("module", class, file, source)`, with which early versions of PyTorch name a class.
  mutating func reference(_ id: PickleValue) throws(FileError) -> PickleValue {
    guard case .tuple(let index) = id, case .text(let what) = lists[index].first else {
      throw refusal("no description of a storage", "type, key, device and size")
    }
    let items = lists[index]
    if what == "module", items.count == 4, items[1].pythonName != nil { return items[1] }
    guard what == "storage", items.count == 5 || items.count == 6, let name = items[1].pythonName,
      let elements = StorageClass(name), case .text(let key) = items[2], case .integer(let count) = items[4], count >= 0
    else { throw refusal("no description of a storage", "type, key, device and size") }
    // PyTorch's are a few digits; each is looked up for every tensor.
    if key.utf8.count > 1000 { throw refusal("a storage's key of \(key.utf8.count) bytes", "at most 1000") }
    let view = items.count == 6 ? try view(items[5], within: count) : nil
    storages.append(PickledStorage(key: key, elements: elements, count: count, view: view))
    return .storage(storages.count - 1)
  }

  /// `(key, offset, count)`, or nothing.
  private func view(_ value: PickleValue, within total: Int) throws(FileError) -> (offset: Int, count: Int)? {
    if case .none = value { return nil }
    guard case .tuple(let index) = value, lists[index].count == 3, case .integer(let offset) = lists[index][1],
      case .integer(let count) = lists[index][2], (0...total).contains(offset), (0...total - offset).contains(count)
    else { throw refusal("no view of a storage of \(total)", "key, offset and size within it") }
    return (offset, count)
  }

  // MARK: Calls

  /// What a call of `function` would give: a tensor, a dict, or an object that does nothing.
  mutating func reduced(_ function: PickleValue, _ arguments: PickleValue) throws(FileError) -> PickleValue {
    guard case .tuple(let index) = arguments else {
      throw refusal("a call of \(function.kind) with \(arguments.kind)", "a name and a tuple")
    }
    let items = lists[index]
    switch function {
    case .global(let name): return try called(name, items)
    case .name("copyreg._reconstructor"), .name("copy_reg._reconstructor"):
      return object(items.first?.pythonName ?? "object")
    case .name(let name): return object(name)
    // A function that itself is the result of a call.
    case .object(let place): return object(objects[place].type)
    default: throw refusal("a call of \(function.kind) with \(arguments.kind)", "a name and a tuple")
    }
  }

  private mutating func called(_ name: PickleGlobal, _ items: [PickleValue]) throws(FileError) -> PickleValue {
    switch name {
    case .orderedDict: return try orderedDict(items)
    // It is filled afterwards.
    case .defaultDict: return .dictionary(dictionary())
    case .rebuildOldTensor, .rebuildTensor, .rebuildTypedTensor: return try tensor(name, items)
    // Parameters say in addition whether they train, and what attributes they have.
    case .rebuildParameter where items.count == 3, .rebuildParameterWithState where items.count == 4,
      .parameter where items.count == 1 || items.count == 2:
      switch items[0] {
      case .tensor, .object: return items[0]
      default: break
      }
    // The call that makes the tensor, its class, the arguments of that call, attributes.
    case .rebuildFromType where items.count == 4:
      if case .global(let inner) = items[0], inner != .rebuildFromType, case .tuple(let place) = items[2] {
        return try called(inner, lists[place])
      }
      return object(items[1].pythonName ?? name.rawValue)
    case .size where items.count == 1:
      if case .tuple = items[0] { return items[0] }
    default: break
    }
    throw refusal("a call of \(name.rawValue) with \(items.count) values", "what torch.save writes for it")
  }

  private mutating func object(_ type: String, isTensor: Bool = false) -> PickleValue {
    objects.append(PickledObject(type: type, isTensor: isTensor))
    return .object(objects.count - 1)
  }

  /// Attributes of dicts, such as a state dict's versions, and of tensors are not needed.
  mutating func setState(of value: PickleValue, _ state: PickleValue) throws(FileError) {
    switch value {
    case .object(let index): objects[index].state = state
    case .dictionary, .tensor, .storage, .other, .global, .name: break
    default: throw refusal("attributes for \(value.kind)", "an object to have them")
    }
  }

  /// Empty, or with a list of pairs.
  private mutating func orderedDict(_ items: [PickleValue]) throws(FileError) -> PickleValue {
    let index = dictionary()
    if items.isEmpty { return .dictionary(index) }
    guard items.count == 1, case .list(let pairs) = items[0] else {
      throw refusal(
        "a call of \(PickleGlobal.orderedDict.rawValue) with \(items.count) values", "none or a list of pairs")
    }
    // A file that is as it should be has each pair once; one list could otherwise fill any number of dicts.
    copied += lists[pairs].count
    if copied > byteCount { throw refusal("\(copied) pairs for dicts", "no more than bytes before them") }
    for pair in lists[pairs] {
      switch pair {
      case .list(let place), .tuple(let place):
        if lists[place].count == 2 { try add(lists[place], to: index) } else { fallthrough }
      default: throw refusal("\(pair.kind) in a list of pairs", "keys with values")
      }
    }
    return .dictionary(index)
  }

  // MARK: Tensors

  /// `(storage, offset, sizes, strides)`; since PyTorch 0.4 whether it trains and hooks, then a dtype in one variant, and metadata in
  /// newer versions. Those of types that are not read become objects.
  private mutating func tensor(_ name: PickleGlobal, _ items: [PickleValue]) throws(FileError) -> PickleValue {
    let counts =
      switch name {
      case .rebuildOldTensor: 4...4
      case .rebuildTypedTensor: 7...8
      default: 6...7
      }
    guard counts.contains(items.count), case .storage(let place) = items[0], case .integer(let offset) = items[1],
      let sizes = integers(items[2]), let strides = integers(items[3])
    else { throw refusal("no description of a tensor", "storage, offset, sizes and strides") }
    if name == .rebuildTypedTensor {
      return object(items[6].pythonName ?? "a type without a name", isTensor: true)
    }
    let storage = storages[place]
    guard let type = storage.elements.type else { return object(storage.elements.name, isTensor: true) }
    tensors.append(PickledTensor(storage: storage, type: type, offset: offset, sizes: sizes, strides: strides))
    return .tensor(tensors.count - 1)
  }

  /// The integers of a tuple of few: it could be given for any number of tensors.
  private func integers(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let index) = value, lists[index].count <= 64 else { return nil }
    var result: [Int] = []
    for item in lists[index] {
      guard case .integer(let number) = item else { return nil }
      result.append(number)
    }
    return result
  }
}
