/// One call of the C core as a value: what it computes, for which sizes and settings. The same value is run on tensors, prepared for
/// compiled inference, skipped by a plan, which asks it for its scratch, and timed.
///
/// It holds no memory that a run writes: results and inputs are places of a table, results first, in the order that each kernel's
/// comment gives. A place that is left out has no address.
package protocol Kernel {
  /// In errors: "a matrix product".
  var name: String { get }
  /// Temporary memory of a run, in bytes; 64-byte aligned.
  var scratchBytes: Int { get }
  /// The chosen implementation, where there are several.
  var implementation: String? { get }
  /// Tells apart calls on as many bytes that take another time.
  var key: String { get }
  /// Whether it can be timed on memory that holds no meaning.
  var isTimed: Bool { get }

  /// On float32, by the fast tiers. Allocates nothing.
  func run(_ memory: Operands<Float>)
  /// On float64, by the reference.
  func reference(_ memory: Operands<Double>)
  /// On whole numbers, if it takes any.
  func integers(_ memory: Operands<Int32>)
  /// On elements of a type.
  func execute(_ type: ScalarType, _ table: UnsafePointer<UnsafeMutableRawPointer?>)
  /// What a plan is told, of places of so many bytes.
  func work(_ byteCounts: [Int?]) -> PlannedWork
}

/// Addresses of a call's scratch and places. Scratch comes first in the table, then the places in their order.
package struct Operands<Scalar> {
  let table: UnsafePointer<UnsafeMutableRawPointer?>

  package init(table: UnsafePointer<UnsafeMutableRawPointer?>) { self.table = table }

  var scratch: UnsafeMutableRawPointer? { table[0] }
  subscript(place: Int) -> UnsafeMutablePointer<Scalar>? { table[1 + place]?.assumingMemoryBound(to: Scalar.self) }
  /// A place that is only read, for structures of addresses.
  func input(_ place: Int) -> UnsafePointer<Scalar>? { UnsafePointer(self[place]) }
  /// A place whose elements are of another type.
  func raw(_ place: Int) -> UnsafeMutableRawPointer? { table[1 + place] }
  func bytes(_ place: Int) -> UnsafeMutablePointer<UInt8>? { raw(place)?.assumingMemoryBound(to: UInt8.self) }
}

extension Kernel {
  package var scratchBytes: Int { 0 }
  package var implementation: String? { nil }
  package var key: String { "" }
  package var isTimed: Bool { true }

  package func integers(_ memory: Operands<Int32>) { Kernels.unsupported(name, .int32) }

  package func execute(_ type: ScalarType, _ table: UnsafePointer<UnsafeMutableRawPointer?>) {
    switch type {
    case .float32: run(Operands(table: table))
    case .float64: reference(Operands(table: table))
    case .int32: integers(Operands(table: table))
    case .uint8: Kernels.unsupported(name, type)
    }
  }

  package func work(_ byteCounts: [Int?]) -> PlannedWork {
    PlannedWork(key: "\(Self.self) \(key) \(byteCounts)") { _ in sampled(byteCounts) }
  }

  /// What runs it once on float32 memory of its own. `zeros`: a place of indices.
  func sampled(_ byteCounts: [Int?], zeros: Int? = nil) -> () -> Void {
    let places = byteCounts.enumerated().map { place, byteCount in
      byteCount.map { Tensor.full([($0 + 3) / 4], place == zeros ? 0 : 0.5).body.storage }
    }
    let scratch = Storage(byteCount: max(1, scratchBytes))
    return {
      let table = [scratch.pointer] + places.map { $0?.pointer }
      table.withUnsafeBufferPointer { run(Operands(table: $0.baseAddress!)) }
      withExtendedLifetime((places, scratch)) {}
    }
  }
}

// MARK: Running on tensors

extension Kernel {
  /// Runs on the memory of its places, which are alive as the caller's arguments. Where it is abstract, as a plan is being made, the
  /// plan is told instead.
  func launch(
    _ type: ScalarType, _ a: Storage?, _ b: Storage? = nil, _ c: Storage? = nil, _ d: Storage? = nil,
    _ e: Storage? = nil, _ f: Storage? = nil, _ g: Storage? = nil, _ h: Storage? = nil, _ i: Storage? = nil,
    _ j: Storage? = nil, _ k: Storage? = nil, _ l: Storage? = nil, _ m: Storage? = nil
  ) {
    // Of several results any may be left out; what a plan makes is abstract as a whole.
    if a.isAbstract || b.isAbstract || c.isAbstract || d.isAbstract || e.isAbstract {
      planned([a, b, c, d, e, f, g, h, i, j, k, l, m])
      return
    }
    let scratch = scratchBytes == 0 || type != .float32 ? nil : Storage(byteCount: scratchBytes)
    // On the stack: a call allocates nothing.
    var table = (
      scratch?.pointer, a?.pointer, b?.pointer, c?.pointer, d?.pointer, e?.pointer, f?.pointer, g?.pointer, h?.pointer,
      i?.pointer, j?.pointer, k?.pointer, l?.pointer, m?.pointer
    )
    withUnsafeBytes(of: &table) {
      execute(type, $0.baseAddress!.assumingMemoryBound(to: UnsafeMutableRawPointer?.self))
    }
    withExtendedLifetime((scratch, a, b, c, d, e, f, g, h, i, j, k, l, m)) {}
  }

  private func planned(_ places: [Storage?]) {
    guard let account = ThreadContext.ofThread?.plannedMemory else { return }
    account.useScratch(scratchBytes)
    if account.takesWork && isTimed { account.add(work(places.map { $0?.byteCount })) }
  }

  /// A new tensor, the first place. Operands are settled before it takes memory, as their storage is what they are given by.
  func making(
    _ shape: Shape, _ type: ScalarType, _ b: Storage, _ c: Storage? = nil, _ d: Storage? = nil, _ e: Storage? = nil,
    _ f: Storage? = nil, _ g: Storage? = nil, _ h: Storage? = nil
  ) -> Tensor {
    let y = Tensor(uninitialized: shape, type)
    launch(type, y.body.storage, b, c, d, e, f, g, h)
    return y
  }

  /// Element by element, of an operand that is given up: in its memory where nobody else refers to it. Its place is the second.
  func mapping(
    _ x: consuming Tensor, _ c: Storage? = nil, _ d: Storage? = nil, _ e: Storage? = nil, _ f: Storage? = nil
  ) -> Tensor {
    let (shape, type) = (x.shape, x.scalarType)
    let (source, isReusable) = Kernels.consume(&x)
    let storage = isReusable ? source : Storage(byteCount: shape.elementCount * type.byteCount)
    launch(type, storage, source, c, d, e, f)
    return Tensor(body: TensorBody(shape: shape, scalarType: type, storage: storage))
  }
}

extension Storage? {
  fileprivate var isAbstract: Bool { self?.isAbstract ?? false }
}
