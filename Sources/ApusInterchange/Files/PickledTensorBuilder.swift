import ApusCore
import ApusSupport

/// Makes tensors of what a pickle says of them and the storages that hold their numbers, all of it checked.
struct PickledTensorBuilder {
  private let file: String
  /// Bytes that the tensors may have together. Tensors can overlap in a storage, or have one number for all elements of an axis, so
  /// that a small file can describe enormous ones.
  private let limit: Int
  private var total = 0
  private var storages: [String: ArraySlice<UInt8>] = [:]
  /// Tensors that occur under several names are one.
  private var built: [Int: Tensor] = [:]

  init(file: String, fileBytes: Int) {
    self.file = file
    limit = max(1 << 24, fileBytes * 8)
  }

  /// The tensor, or `nil` if it has 64-bit integers that do not fit into int32.
  /// - Parameter index: the number of `tensor` in its pickle.
  mutating func tensor(
    _ index: Int, _ tensor: PickledTensor, name: String, _ storage: (String) throws(FileError) -> ArraySlice<UInt8>?
  ) throws(FileError) -> Tensor? {
    if let known = built[index] { return known }
    let file = file
    let part = "tensor " + JSONScanner.shown(name)
    func refusal(_ found: String, _ expected: String) -> FileError {
      FileError(file, part: part, found: found, expected: expected)
    }
    let type = tensor.type
    let bytes = try bytes(of: tensor.storage, refusal, storage)
    let begin = tensor.storage.view?.offset ?? 0
    let count = tensor.storage.view?.count ?? tensor.storage.count
    let (shape, byteCount) = try Shape.claimed(tensor.sizes, of: type, file: file, part: part)
    if tensor.strides.count != shape.count {
      throw refusal("\(tensor.strides.count) strides for shape \(shape)", "one an axis")
    }
    if tensor.offset < 0 { throw refusal("an offset of \(tensor.offset)", "at least 0") }
    if byteCount > 0 {
      guard let last = lastElement(tensor), last < count else {
        throw refusal(
          "shape \(shape) with strides \(tensor.strides) from element \(tensor.offset) on",
          "elements within its storage of \(count)")
      }
    }
    total += byteCount
    if total > limit {
      throw refusal("\(total) bytes in all tensors up to it", "at most \(limit) in a file of this size")
    }
    // The offset of a tensor without elements can be any number.
    let start = byteCount > 0 ? begin + tensor.offset : 0
    let value = StoredLayout(type, shape, offset: start, strides: tensor.strides).tensor(in: bytes)
    built[index] = value
    return value
  }

  /// The element farthest from the storage's begin; `nil` if a stride is negative or the sum no Int.
  private func lastElement(_ tensor: PickledTensor) -> Int? {
    var last = tensor.offset
    for (size, stride) in zip(tensor.sizes, tensor.strides) {
      let (distance, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, carry) = last.addingReportingOverflow(distance)
      if stride < 0 || overflow || carry { return nil }
      last = sum
    }
    return last
  }

  private mutating func bytes(
    of storage: PickledStorage, _ refusal: (String, String) -> FileError,
    _ find: (String) throws(FileError) -> ArraySlice<UInt8>?
  ) throws(FileError) -> ArraySlice<UInt8> {
    var bytes = storages[storage.key]
    if bytes == nil { bytes = try find(storage.key) }
    guard let bytes else {
      throw refusal("no storage \(JSONScanner.shown(storage.key))", "one in the file")
    }
    storages[storage.key] = bytes
    let (name, width) = (
      storage.elements.type?.rawValue ?? JSONScanner.plain(storage.elements.name), storage.elements.byteCount ?? 1
    )
    let (size, overflow) = storage.count.multipliedReportingOverflow(by: width)
    if overflow || size != bytes.count {
      throw refusal(
        "a storage of \(bytes.count) bytes", "\(storage.count) elements of \(name), \(width) bytes each")
    }
    return bytes
  }
}
