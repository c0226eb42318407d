import ApusSupport

/// A value that training changes: a cell that layers hold, so that a model that is a constant can be trained and a layer that is
/// used twice has one set of weights.
///
/// Not Sendable: a model belongs to one task.
public final class Parameter {
  /// Whether gradients are taken of it.
  public var isTrainable: Bool
  /// Its name in the model, once `parameters` of the model was asked for: `features.0.weight`.
  public package(set) var path: String?
  /// Inputs of an output and outputs of an input, where the layer has said them: by them its values can be drawn anew.
  package var fans: (input: Int, output: Int)?
  /// Every element is kept in it by projection: what an optimizer's step took out of it is put back when the value is read next.
  package let range: ClosedRange<Float>?

  /// Which elements may be other than 0: uint8 of the parameter's shape, 0 for an element that is pruned. Its value is exactly 0
  /// whenever it is read, whatever an optimizer did, and no gradient reaches it. See `LotteryTicket`.
  public var mask: Tensor? {
    didSet {
      if let mask, mask.shape != storedValue.shape || mask.scalarType != .uint8 {
        fatalError(
          """
          \(path ?? "a parameter"): a mask of \(mask.scalarType) and shape \(mask.shape) \
          for a parameter that takes uint8 of shape \(storedValue.shape)
          """)
      }
      isMaskDue = true
    }
  }

  /// The value, where an optimizer writes it; pruned elements may be other than 0 until it is read.
  package var storedValue: Tensor {
    didSet { isMaskDue = true }
  }
  private var isMaskDue = false
  var leafTape: UInt32 = 0
  var leafIndex = 0

  /// A parameter that begins with `value`, which is taken off the tape.
  ///
  /// Traps if the value is not float32. Traps inside the forward pass of `valueWithGradients(of:)`: a parameter made there would be
  /// another one in every step.
  ///
  /// - Parameters:
  ///   - isTrainable: `false` keeps the parameter as it is.
  ///   - range: bounds that every element is kept in; `nil` for none.
  public init(_ value: Tensor, isTrainable: Bool = true, range: ClosedRange<Float>? = nil) {
    if value.scalarType != .float32 { fatalError("a Parameter holds float32; its value is \(value.scalarType)") }
    Parameter.refuseInsideStep(shape: value.shape)
    storedValue = value.detached()
    self.isTrainable = isTrainable
    self.range = range
  }

  /// A layer that is made in the forward pass is another one in every step, and nothing ever trains it.
  private static func refuseInsideStep(shape: Shape) {
    guard let scope = Scope.current, scope.model != nil, scope.plannedMemory == nil, case .recording = scope.mode else {
      return
    }
    fatalError(
      """
      a parameter of shape \(shape) is made while gradients are taken: it would be another one in every step and never be trained; \
      make its layer once, as a property of the model
      """)
  }

  /// NaN stays.
  private func project(_ range: ClosedRange<Float>) {
    if isPlanning { return }
    let values = storedValue.array(of: Float.self)
    guard values.contains(where: { $0 < range.lowerBound || $0 > range.upperBound }) else { return }
    storedValue = Tensor(values.map { $0.isNaN ? $0 : min(max($0, range.lowerBound), range.upperBound) }, shape: shape)
  }

  /// The float32 value, masked and in its range, whatever surrounds: what files hold.
  var ownValue: Tensor {
    if isMaskDue && mask != nil { applyMask() }
    if let range { project(range) }
    return storedValue
  }

  /// The value. Reading it while gradients are taken makes it a leaf of the tape; within `withPrecision(.float64)` it is widened, and
  /// a new value is rounded to float32. A new value must have the same shape.
  public var value: Tensor {
    get {
      var value = ownValue
      guard let scope = Scope.current else { return value }
      if scope.isListenedTo { scope.tellParameterWasRead(self) }
      if scope.usesDouble { value = scope.overrides[ObjectIdentifier(self)].map(masked) ?? value.cast(to: .float64) }
      if isTrainable, scope.recordsParameters, case .recording(let tape) = scope.mode {
        return tape.leaf(for: self, value: value)
      }
      return value
    }
    set {
      let newValue = newValue.stored(as: .float32)
      if newValue.shape != storedValue.shape || newValue.scalarType != .float32 {
        fatalError(
          """
          \(path ?? "a parameter"): a value of \(newValue.scalarType) and shape \(newValue.shape) \
          for a parameter of float32 and shape \(storedValue.shape)
          """)
      }
      storedValue = newValue.detached()
    }
  }

  /// Fixed when the parameter is made.
  public var shape: Shape { storedValue.shape }

  /// A tensor of the parameter's shape with 0 where the mask is.
  func masked(_ x: Tensor) -> Tensor {
    guard let mask, !isPlanning else { return x }
    return Kernels.select(mask, x.detached(), .zeros(x.shape, x.scalarType))
  }

  private func applyMask() {
    if isPlanning { return }
    storedValue = masked(storedValue)
    isMaskDue = false
  }
}

extension Parameter: CustomStringConvertible {
  /// Its path in the model, if it is known, its shape and its first elements.
  public var description: String {
    "Parameter(\(path.map { "\($0), " } ?? "")\(ownValue.listing))"
  }
}

/// A value that is part of a model's state but not trained: running statistics.
public final class Buffer {
  /// A frozen buffer is never updated, and batch norm that holds it uses running statistics in every phase.
  public var isFrozen = false
  /// Its name in the model, once `parameters` or `buffers` of the model was asked for.
  public package(set) var path: String?

  private var storedValue: Tensor

  /// A buffer that begins with `value`, which is taken off the tape. Its shape and scalar type are fixed from then on.
  public init(_ value: Tensor) { storedValue = value.detached() }

  /// The value, whatever surrounds: what files hold.
  var ownValue: Tensor { storedValue }

  /// The value, widened within `withPrecision(.float64)` and rounded to its type where it is set there. A new value must have the same
  /// shape and type.
  public var value: Tensor {
    get {
      guard let scope = Scope.current else { return storedValue }
      return scope.usesDouble && storedValue.scalarType == .float32 ? storedValue.cast(to: .float64) : storedValue
    }
    set {
      let newValue = newValue.stored(as: storedValue.scalarType)
      if newValue.shape != storedValue.shape || newValue.scalarType != storedValue.scalarType {
        fatalError(
          """
          \(path ?? "a buffer"): a value of \(newValue.scalarType) and shape \(newValue.shape) \
          for a buffer of \(storedValue.scalarType) and shape \(storedValue.shape)
          """)
      }
      storedValue = newValue.detached()
    }
  }

  /// Fixed when the buffer is made.
  public var shape: Shape { storedValue.shape }
}
