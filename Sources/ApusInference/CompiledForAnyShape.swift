import ApusCore
import ApusSupport

/// A model compiled anew for each shape that comes, and run from memory for shapes that have come before: what a service calls. A wrong
/// input is an error, never a trap.
///
/// ```swift
/// let service = model.compiled()
/// let logits = try service(images)
/// ```
/// Each form has the model's values of when its shape came first: train a model before it is served. One instance runs on one thread at a
/// time; its forms share one block of memory.
public final class CompiledForAnyShape {
  private let pass: ([Shape]) throws -> ForwardPass
  private let foldsBatchNorms: Bool
  private let limit: Int
  private var known: [[Shape]: (compiled: Compiled, lastUse: Int)] = [:]
  private var arena = Storage(byteCount: 1)
  private var uses = 0

  init(foldingBatchNorms: Bool, limit: Int, _ pass: @escaping ([Shape]) throws -> ForwardPass) {
    if limit < 1 { fatalError("compiled(limit: \(limit)): expected at least 1 shape to be kept") }
    (self.pass, foldsBatchNorms, self.limit) = (pass, foldingBatchNorms, limit)
  }

  /// How many shapes it is compiled for now.
  public var count: Int { known.count }

  /// The model's output for `x`, float32. Compiles the model if the shape is new.
  ///
  /// - Throws: `PlanError` if the model does not take such an input, `GraphError` if it cannot be compiled, `Compiled.InputError` if the
  ///   input is not float32.
  public func callAsFunction(_ x: Tensor) throws -> Tensor { try form(for: [x])(x) }

  /// The results for several inputs, in their order.
  public func callAsFunction(_ inputs: [Tensor]) throws -> [Tensor] { try form(for: inputs)(inputs) }

  private func form(for inputs: [Tensor]) throws -> Compiled {
    let shapes = inputs.map(\.shape)
    uses += 1
    if let form = known[shapes]?.compiled {
      known[shapes]!.lastUse = uses
      return form
    }
    if let wrong = inputs.first(where: { $0.scalarType != .float32 }) {
      throw Compiled.InputError(expected: "float32", found: "\(wrong.scalarType) of shape \(wrong.shape)")
    }
    let program = try CompiledProgram(pass(shapes), foldingBatchNorms: foldsBatchNorms)
    if known.count == limit, let oldest = known.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      known[oldest.key] = nil
    }
    if program.arenaBytes > arena.byteCount {
      arena = Storage(byteCount: program.arenaBytes)
      for (key, form) in known { known[key] = (Compiled(form.compiled.program, in: arena), form.lastUse) }
    }
    let form = Compiled(program, in: arena)
    known[shapes] = (form, uses)
    return form
  }
}

extension Layer {
  /// Inference for inputs of any shape that the model takes, compiled once per shape; see `Compiled`, which is for one shape alone.
  ///
  /// - Parameters:
  ///   - foldingBatchNorms: as in `compiled(for:foldingBatchNorms:)`.
  ///   - limit: how many shapes are kept, those used last: filters are packed for each.
  public func compiled(foldingBatchNorms: Bool = true, limit: Int = 32) -> CompiledForAnyShape {
    CompiledForAnyShape(foldingBatchNorms: foldingBatchNorms, limit: limit) { shapes in
      if shapes.count != 1 { throw Compiled.InputError(expected: "1 input", found: "\(shapes.count)") }
      return ForwardPass(self, input: shapes[0])
    }
  }

  /// The model's output in inference; what would trap is thrown: `PlanError` for a shape that it does not take. The model is planned
  /// before it runs, at each call: `compiled()` does so once per shape.
  public func checked(_ x: Tensor) throws -> Tensor {
    if x.scalarType != .float32 {
      throw Compiled.InputError(expected: "float32", found: "\(x.scalarType) of shape \(x.shape)")
    }
    _ = try plan(input: x.shape)
    return withPhase(.inference, of: self) { self(x) }
  }
}

extension Network {
  /// As `Layer.compiled(foldingBatchNorms:limit:)`.
  public func compiled(foldingBatchNorms: Bool = true, limit: Int = 32) -> CompiledForAnyShape {
    CompiledForAnyShape(foldingBatchNorms: foldingBatchNorms, limit: limit) { try ForwardPass(self, inputs: $0) }
  }

  /// As `Layer.checked(_:)`, for the tensors that `forward` takes.
  public func checked(_ inputs: [Tensor]) throws -> Output {
    if let wrong = inputs.first(where: { $0.scalarType != .float32 }) {
      throw Compiled.InputError(expected: "float32", found: "\(wrong.scalarType) of shape \(wrong.shape)")
    }
    _ = try plan(inputs: inputs.map(\.shape))
    return withPhase(.inference, of: self) { self(Self.input(of: inputs)!) }
  }
}
