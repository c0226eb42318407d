import ApusCore
import ApusSupport
import Synchronization

/// A model compiled for inputs of one shape: every kernel planned, filters packed, batch norms folded, and one block of memory for
/// all that lies between input and output. A run takes nothing from the system or from the library's pool.
///
/// ```swift
/// let compiled = try model.compiled(for: [32, 224, 224, 3])
/// let logits = try compiled(images)
/// ```
/// It has the model's values of when it was compiled; what training changes afterwards it does not see. It computes with as many
/// threads as `Runtime.threadCount` said then, and in that precision.
///
/// One instance runs on one thread at a time; `another()` makes an instance for another thread that shares the packed filters.
/// Several at once give the same bits as one alone.
public final class Compiled {
  /// The shape that it takes, with the batch size; of several inputs the first.
  public var inputShape: Shape { program.inputs[0] }
  /// The shape that it makes, with the batch size; of several results the first.
  public var outputShape: Shape { program.outputs[0].shape }
  /// The shapes of all inputs, in their order.
  public var inputShapes: [Shape] { program.inputs }
  /// The names and shapes of all results, in their order: see `Network`.
  public var outputs: [(name: String, shape: Shape)] { program.outputs }
  /// Bytes of memory of an instance: activations and scratch.
  public var arenaBytes: Int { program.arenaBytes }
  /// Bytes of all activations if none shared memory with another.
  package var separateBytes: Int { program.separateBytes }
  /// Bytes of packed filters, which instances share.
  package var packedBytes: Int { program.packedBytes }

  let program: CompiledProgram
  private let arena: Storage
  private let table: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  /// Places in the table of each input and each result.
  private var inputs: [[Int]]
  private var results: [[Int]]
  // Finds misuse; where one instance goes from thread to thread, whatever hands it over orders the runs.
  private let isRunning = Atomic<Bool>(false)

  convenience init(_ program: CompiledProgram) { self.init(program, in: Storage(byteCount: program.arenaBytes)) }

  /// `arena`: at least as large as the program's.
  init(_ program: CompiledProgram, in arena: Storage) {
    self.program = program
    self.arena = arena
    table = .allocate(capacity: max(1, program.table.count))
    inputs = program.inputs.map { _ in [] }
    results = program.outputs.map { _ in [] }
    for (index, address) in program.table.enumerated() {
      switch address {
      case .arena(let offset): table[index] = arena.pointer + offset
      case .constant(let tensor): table[index] = tensor.body.storage.pointer
      case .input(let place):
        inputs[place].append(index)
        table[index] = arena.pointer
      case .result(let place):
        results[place].append(index)
        table[index] = arena.pointer
      case .none: table[index] = nil
      }
    }
  }

  deinit { table.deallocate() }

  /// An instance for another thread, with memory of its own and the same packed filters.
  public func another() -> sending Compiled { Compiled(program) }

  /// The model's output for `x`, float32 of `inputShape`. Allocates the result and nothing else.
  public func callAsFunction(_ x: Tensor) throws(InputError) -> Tensor {
    if program.inputs.count != 1 || program.outputs.count != 1 { return try self([x])[0] }
    try check(x, 0)
    let y = Tensor(uninitialized: outputShape, .float32)
    let (from, to) = (x.body.storage, y.body.storage)
    withExtendedLifetime((from, to)) { run(from.pointer, to.pointer) }
    return y
  }

  /// The results for several inputs, float32 of `inputShapes`, in the order of `outputs`.
  public func callAsFunction(_ inputs: [Tensor]) throws(InputError) -> [Tensor] {
    if inputs.count != program.inputs.count {
      throw InputError(expected: "\(program.inputs.count) inputs", found: "\(inputs.count)")
    }
    for (place, input) in inputs.enumerated() { try check(input, place) }
    let results = program.outputs.map { Tensor(uninitialized: $0.shape, .float32) }
    let (from, to) = (inputs.map(\.body.storage), results.map(\.body.storage))
    begin()
    for (place, storage) in from.enumerated() { set(self.inputs[place], storage.pointer) }
    for (place, storage) in to.enumerated() { set(self.results[place], storage.pointer) }
    withExtendedLifetime((from, to)) { runSteps() }
    return results
  }

  private func check(_ x: Tensor, _ place: Int) throws(InputError) {
    let shape = program.inputs[place]
    if x.shape == shape && x.scalarType == .float32 { return }
    let name = program.inputs.count == 1 ? "" : " as input \(place)"
    throw InputError(expected: "float32 of shape \(shape)\(name)", found: "\(x.scalarType) of shape \(x.shape)")
  }

  /// As above from and to the caller's memory, which do not overlap; allocates nothing. Of a model with one input and one result.
  public func run(_ x: UnsafeBufferPointer<Float>, into y: UnsafeMutableBufferPointer<Float>) throws(InputError) {
    if program.inputs.count != 1 || program.outputs.count != 1 {
      throw InputError(
        expected: "\(program.inputs.count) inputs and \(program.outputs.count) results", found: "one of each")
    }
    if x.count != inputShape.elementCount || y.count != outputShape.elementCount {
      throw InputError(
        expected:
          "\(inputShape.elementCount) numbers in and \(outputShape.elementCount) out, of \(inputShape) and \(outputShape)",
        found: "\(x.count) and \(y.count)")
    }
    guard let from = x.baseAddress, let to = y.baseAddress else { return }
    run(UnsafeMutableRawPointer(mutating: UnsafeRawPointer(from)), UnsafeMutableRawPointer(to))
  }

  private func run(_ x: UnsafeMutableRawPointer, _ y: UnsafeMutableRawPointer) {
    begin()
    set(inputs[0], x)
    set(results[0], y)
    runSteps()
  }

  private func begin() {
    if isRunning.exchange(true, ordering: .acquiring) {
      fatalError("a Compiled is run on two threads at once: another() makes an instance for the second one")
    }
  }

  /// By numbers: iterators over arrays are allocated in debug builds.
  private func set(_ places: [Int], _ pointer: UnsafeMutableRawPointer) {
    for place in 0..<places.count { table[places[place]] = pointer }
  }

  private func runSteps() {
    for index in 0..<program.steps.count {
      program.steps[index].kernel.run(Operands(table: table + program.firsts[index]))
    }
    isRunning.store(false, ordering: .releasing)
  }

  /// A wrong input for a compiled model.
  public struct InputError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the model takes: scalar type and shape, or numbers of elements.
    package var expected: String
    /// What the input is, in the same words.
    package var found: String

    /// One line with both.
    public var description: String { "the model was compiled for \(expected), the input is \(found)" }
  }
}

extension Compiled: CustomStringConvertible {
  /// A line a kernel, then the memory.
  public var description: String {
    let lines = program.steps.map { step in
      let how = step.kernel.implementation.map { " (\($0))" } ?? ""
      return "\(step.path.isEmpty ? "" : step.path + ": ")\(step.name)\(how) → \(step.shape)"
    }
    let memory =
      "\(arenaBytes) bytes of activations and scratch (activations apart: \(separateBytes)), \(packedBytes) of packed filters"
    return (lines + [memory]).joined(separator: "\n")
  }
}

extension Layer {
  /// Compiles inference for inputs of one shape; see `Compiled`.
  ///
  /// Runs the model twice to find what it does, and compares the compiled model with it on both inputs. Throws `PlanError` if the
  /// shape does not fit and `GraphError` if an operation cannot be compiled, with its path.
  ///
  /// - Parameter foldingBatchNorms: whether batch norms become part of the filters before them, which rounds otherwise. Without, the
  ///   bits are those of the model.
  public func compiled(for input: Shape, foldingBatchNorms: Bool = true) throws -> Compiled {
    Compiled(try CompiledProgram(ForwardPass(self, input: input), foldingBatchNorms: foldingBatchNorms))
  }
}

extension Network {
  /// Compiles inference for inputs of these shapes, one per tensor that `forward` takes; see `Layer.compiled(for:foldingBatchNorms:)`.
  public func compiled(for inputs: [Shape], foldingBatchNorms: Bool = true) throws -> Compiled {
    Compiled(try CompiledProgram(ForwardPass(self, inputs: inputs), foldingBatchNorms: foldingBatchNorms))
  }
}

extension Compiled {
  /// Of a model that is called by other means than as a layer or a network.
  package convenience init(_ pass: ForwardPass, foldingBatchNorms: Bool = true) throws {
    self.init(try CompiledProgram(pass, foldingBatchNorms: foldingBatchNorms))
  }
}

extension CompiledProgram {
  /// The model as it is now, held against itself on two sets of inputs.
  convenience init(_ pass: ForwardPass, foldingBatchNorms: Bool) throws {
    let (graph, samples) = try Graph.traced(pass)
    let lowering = try Lowering(foldingBatchNorms ? graph.foldingBatchNorms() : graph)
    self.init(lowering, names: samples[0].outputs.map(\.name))
    for sample in samples { try check(sample) }
  }

  /// Folding rounds otherwise, to a few units in the sixth digit; a graph that says something else than the model is further off.
  private func check(_ sample: Graph.Sample) throws {
    for (tensor, wanted) in zip(try Compiled(self)(sample.inputs), sample.outputs) {
      let (y, want) = (tensor.array(of: Float.self), wanted.tensor.array(of: Float.self))
      let largest = want.reduce(0) { max($0, $1.isFinite ? abs($1) : 0) }
      for (index, (a, b)) in zip(y, want).enumerated() where a != b && !(a.isNaN && b.isNaN) {
        if !(abs(a - b) <= 1e-3 * largest) {
          throw GraphError(
            path: "", operation: "",
            problem: """
              the compiled model makes \(a) of an input of which the model makes \(b), at index \(index) of \(wanted.name): the \
              model does something that its operations do not tell
              """)
        }
      }
    }
  }
}
