import ApusSupport

/// An array of numbers with a shape: contiguous, row-major, a value. Images are `[N, H, W, C]`.
///
/// Copying a tensor copies a reference; nothing that you do to one changes another. The scalar type is known at run time.
/// A tensor made inside `valueWithGradients` from a parameter carries its place on that scope's tape; `detached()` cuts it.
public struct Tensor: Sendable {
  package var body: TensorBody

  package init(body: TensorBody) { self.body = body }

  /// The sizes of the axes, outermost first.
  public var shape: Shape { body.shape }
  /// The type of the elements.
  public var scalarType: ScalarType { body.scalarType }
  /// Number of axes; 0 for a scalar.
  public var rank: Int { body.shape.count }
  /// Number of elements, the product of the sizes; 1 for a scalar.
  public var elementCount: Int { body.shape.elementCount }
}

/// What tensors refer to. It has no storage while its value is deferred.
///
/// `@unchecked Sendable`, as the compiler cannot see which writes are on one thread. There are three kinds:
/// - what describes the tensor (`provenance`, `mark`, `node` and `tape` of a finished operation) is written by the function that
///   makes the body, before anybody else has it;
/// - `memory`, `recordedNode` and `tape` of a deferred value are written by the one thread that its `finish` lets compute, and read
///   only after `finish` has returned, which acquires what that thread released;
/// - `removeStorage`, and `fill` after it, are for a caller that alone refers to the body (`isKnownUniquelyReferenced`, which sees
///   what other threads did before they let go of it; the standard library's arrays stand on the same).
package final class TensorBody: @unchecked Sendable {
  let shape: Shape
  let scalarType: ScalarType
  /// Place on the tape numbered `tape`; −1 for a constant. A deferred value gets its place when it is computed: now.
  package var node: Int32 {
    get {
      if let deferred, deferred.isRecorded { deferred.finish(self) }
      return recordedNode
    }
    set { recordedNode = newValue }
  }
  private var recordedNode: Int32 = -1
  var tape: UInt32 = 0
  package var provenance: Provenance = .other
  /// What fills the storage; stays, emptied, once it has.
  let deferred: DeferredValue?
  /// What a listener remembers of it.
  package var mark: TensorMark?
  private var memory: Storage?

  init(shape: Shape, scalarType: ScalarType, storage: Storage) {
    self.shape = shape
    self.scalarType = scalarType
    deferred = nil
    memory = storage
  }

  package init(shape: Shape, scalarType: ScalarType, deferred: DeferredValue) {
    self.shape = shape
    self.scalarType = scalarType
    self.deferred = deferred
    provenance = .scores
  }

  /// The values; computes a deferred one first.
  package var storage: Storage {
    deferred?.finish(self)
    return memory!
  }

  func fill(with storage: Storage) { memory = storage }

  /// Takes the storage out of a body that nobody else holds and that is about to go.
  func removeStorage() -> Storage {
    let taken = storage
    memory = nil
    return taken
  }
}

/// What made a tensor, where a later operation must know: cross-entropy refuses the result of a softmax. `scores`: a convolution, a
/// linear layer or a normalization.
package enum Provenance: UInt8 {
  case other, softmax, logSoftmax, sigmoid, scores
}

extension Tensor {
  /// Makes an uninitialized tensor.
  package init(uninitialized shape: Shape, _ scalarType: ScalarType) {
    let count = shape.elementCount
    if count > Shape.maximumElementCount {
      fatalError("a tensor of shape \(shape) has \(count) elements, at most \(Shape.maximumElementCount) are possible")
    }
    let storage = Storage(byteCount: count * scalarType.byteCount)
    body = TensorBody(shape: shape, scalarType: scalarType, storage: storage)
  }

  /// A tensor with the given values in row-major order. Traps where their number is not the shape's.
  ///
  /// A literal is float32, whether its numbers are written as doubles or as integers; an array that has a type keeps it:
  ///
  /// ```swift
  /// Tensor([0.5, 2])              // float32
  /// Tensor([0, 2, 1])             // float32; losses take whole numbers as labels
  /// Tensor(indices)               // int32, of an array of Int
  /// Tensor([0, 2, 1] as [Int32])  // int32
  /// Tensor([0.5, 2] as [Double])  // float64, which layers and losses refuse outside of withPrecision(.float64)
  /// ```
  public init(_ values: [Float], shape: Shape) { self.init(values, of: shape) }

  /// A vector; a literal is float32.
  public init(_ values: [Float]) { self.init(values, of: [values.count]) }

  /// A tensor with the given values, of their type, in row-major order. Traps where their number is not the shape's.
  @_disfavoredOverload
  public init<Scalar: TensorScalar>(_ values: [Scalar], shape: Shape) { self.init(values, of: shape) }

  /// A vector, of its values' type.
  @_disfavoredOverload
  public init<Scalar: TensorScalar>(_ values: [Scalar]) { self.init(values, of: [values.count]) }

  /// int32 of whole numbers: labels. Stops at one that int32 does not hold.
  @_disfavoredOverload
  public init(_ values: [Int], shape: Shape) { self.init(Tensor.int32(values), of: shape) }

  /// An int32 vector of whole numbers: labels. Stops at one that int32 does not hold.
  @_disfavoredOverload
  public init(_ values: [Int]) { self.init(values, shape: [values.count]) }

  /// A scalar, of shape []; a literal is float32.
  public init(_ value: Float) { self.init([value], of: []) }

  /// A matrix from its rows, which must be of one length; a literal is float32: `Tensor([[1, 2], [3, 4]])`.
  public init(_ rows: [[Float]]) { self.init(rows: rows) }

  /// A matrix from its rows, which must be of one length, of their values' type.
  @_disfavoredOverload
  public init<Scalar: TensorScalar>(_ rows: [[Scalar]]) { self.init(rows: rows) }

  private init<Scalar: TensorScalar>(rows: [[Scalar]]) {
    let width = rows.first?.count ?? 0
    if let place = rows.firstIndex(where: { $0.count != width }) {
      fatalError("a tensor of rows: row \(place) has \(rows[place].count) numbers, row 0 has \(width)")
    }
    self.init(Array(rows.joined()), of: [rows.count, width])
  }

  private static func int32(_ values: [Int]) -> [Int32] {
    values.enumerated().map { index, value in
      guard let small = Int32(exactly: value) else {
        fatalError("a tensor of [Int] is int32, but the number at index \(index) is \(value)")
      }
      return small
    }
  }

  private init<Scalar: TensorScalar>(_ values: [Scalar], of shape: Shape) {
    if values.count != shape.elementCount {
      fatalError("\(values.count) values for a tensor of shape \(shape), which has \(shape.elementCount) elements")
    }
    self.init(shape: shape, of: Scalar.self) { buffer in
      _ = buffer.initialize(from: values)
    }
  }

  /// A tensor whose elements `initializing` writes, all of them.
  public init<Scalar: TensorScalar>(
    shape: Shape, of: Scalar.Type = Scalar.self, initializing: (UnsafeMutableBufferPointer<Scalar>) throws -> Void
  ) rethrows {
    self.init(uninitialized: shape, Scalar.scalarType)
    if body.storage.isAbstract { return }
    let count = shape.elementCount
    try initializing(
      UnsafeMutableBufferPointer(start: body.storage.pointer.bindMemory(to: Scalar.self, capacity: count), count: count)
    )
  }

  /// Every element 0, of float32 by default.
  public static func zeros(_ shape: Shape, _ type: ScalarType = .float32) -> Tensor { full(shape, 0, type) }

  /// Every element 1, of float32 by default.
  public static func ones(_ shape: Shape, _ type: ScalarType = .float32) -> Tensor { full(shape, 1, type) }

  /// Every element `value`, rounded to the scalar type; an integer type takes the whole numbers of its range only.
  public static func full(_ shape: Shape, _ value: Double, _ type: ScalarType = .float32) -> Tensor {
    switch type {
    case .float32: Tensor(shape: shape, of: Float.self) { $0.initialize(repeating: Float(value)) }
    case .float64: Tensor(shape: shape, of: Double.self) { $0.initialize(repeating: value) }
    case .int32: Tensor(shape: shape, of: Int32.self) { $0.initialize(repeating: whole(value, type)) }
    case .uint8: Tensor(shape: shape, of: UInt8.self) { $0.initialize(repeating: whole(value, type)) }
    }
  }

  private static func whole<Integer: FixedWidthInteger>(_ value: Double, _ type: ScalarType) -> Integer {
    guard let whole = Integer(exactly: value) else {
      fatalError("\(value) as \(type), which holds whole numbers from \(Integer.min) to \(Integer.max)")
    }
    return whole
  }
}

extension Tensor {
  /// Reads the elements in row-major order. Traps where the scalar type is another one.
  public func withUnsafeScalars<Scalar: TensorScalar, Result>(
    of: Scalar.Type = Scalar.self, _ body: (UnsafeBufferPointer<Scalar>) throws -> Result
  ) rethrows -> Result {
    if scalarType != Scalar.scalarType {
      fatalError("reading \(Scalar.scalarType) elements of a tensor of \(scalarType): cast(to:) converts")
    }
    let storage = self.body.storage
    let pointer = storage.pointer.assumingMemoryBound(to: Scalar.self)
    return try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: pointer, count: elementCount))
    }
  }

  /// Calls `body` with the elements' bytes, in row-major order and the machine's byte order; they are valid until it returns.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    let storage = self.body.storage
    let pointer = storage.pointer
    return try withExtendedLifetime(storage) {
      try body(UnsafeRawBufferPointer(start: pointer, count: elementCount * scalarType.byteCount))
    }
  }

  /// The elements in row-major order. Traps where the scalar type is another one.
  public func array<Scalar: TensorScalar>(of: Scalar.Type = Scalar.self) -> [Scalar] {
    withUnsafeScalars(of: Scalar.self) { Array($0) }
  }

  /// The elements of an int32 or uint8 tensor, as labels and `argmax` are, in row-major order. Traps where it is another type.
  public func array(of: Int.Type) -> [Int] {
    switch scalarType {
    case .int32: return array(of: Int32.self).map { Int($0) }
    case .uint8: return array(of: UInt8.self).map { Int($0) }
    case .float32, .float64:
      fatalError("reading whole numbers of a tensor of \(scalarType): cast(to: .int32) converts, by cutting towards 0")
    }
  }

  /// The value of a tensor of one element.
  public func item() -> Double {
    if elementCount != 1 {
      fatalError("item() of a tensor of shape \(shape): it has \(elementCount) elements, not one")
    }
    switch scalarType {
    case .float32: return withUnsafeScalars(of: Float.self) { Double($0[0]) }
    case .float64: return withUnsafeScalars(of: Double.self) { $0[0] }
    case .int32: return withUnsafeScalars(of: Int32.self) { Double($0[0]) }
    case .uint8: return withUnsafeScalars(of: UInt8.self) { Double($0[0]) }
    }
  }

  /// The same values as a constant: no gradient flows through it.
  public func detached() -> Tensor {
    let copy = TensorBody(shape: shape, scalarType: scalarType, storage: body.storage)
    copy.provenance = body.provenance
    copy.mark = body.mark
    return Tensor(body: copy)
  }
}

extension Tensor: CustomStringConvertible {
  /// The scalar type, the shape and the first twelve elements; while a model is planned there are no elements to show.
  public var description: String {
    if body.storage.isAbstract { return "Tensor(\(scalarType), shape \(shape), planned)" }
    return "Tensor(\(scalarType), \(listing))"
  }

  /// Its shape and its first elements.
  var listing: String {
    let shown = 12
    let values: [String] =
      switch scalarType {
      case .float32: array(of: Float.self).prefix(shown).map { "\($0)" }
      case .float64: array(of: Double.self).prefix(shown).map { "\($0)" }
      case .int32: array(of: Int32.self).prefix(shown).map { "\($0)" }
      case .uint8: array(of: UInt8.self).prefix(shown).map { "\($0)" }
      }
    let dots = elementCount > shown ? ", …" : ""
    return "shape \(shape), [\(values.joined(separator: ", "))\(dots)]"
  }
}
