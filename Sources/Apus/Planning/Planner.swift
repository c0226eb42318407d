/// Collects what a plan reports while the model runs on shapes alone.
final class Planner {
  private(set) var rows: [Plan.Row] = []
  private(set) var error: PlanError?
  let input: Shape

  /// Bytes of abstract tensors alive now, and the most at any time.
  private(set) var liveBytes = 0
  private(set) var peakBytes = 0
  private var counted: Set<ObjectIdentifier> = []
  /// Read since the last row, and not counted yet.
  private var unclaimed: [Parameter] = []

  init(input: Shape) { self.input = input }

  func allocated(_ byteCount: Int) {
    liveBytes += byteCount
    peakBytes = max(peakBytes, liveBytes)
  }

  func released(_ byteCount: Int) { liveBytes -= byteCount }

  /// Keeps the first error: later ones follow from it.
  func fail(_ error: PlanError) {
    if self.error == nil { self.error = error }
  }

  /// A parameter was read: the next operation is taken to use it, if it does not say itself what it uses.
  func parameterWasRead(_ parameter: Parameter) {
    if !counted.contains(ObjectIdentifier(parameter)) { unclaimed.append(parameter) }
  }

  /// Parameters are counted where they are first used: a shared layer counts once.
  func add(_ row: Plan.Row, parameters: [Parameter]) {
    var row = row
    defer { unclaimed.removeAll() }
    for parameter in parameters + unclaimed where counted.insert(ObjectIdentifier(parameter)).inserted {
      row.parameters += parameter.shape.elementCount
    }
    rows.append(row)
  }
}

/// What a tensor carries while a model is planned.
final class PlanTrace: Sendable {
  let receptiveField: ReceptiveField?
  let isPoisoned: Bool

  init(receptiveField: ReceptiveField?, isPoisoned: Bool = false) {
    self.receptiveField = receptiveField
    self.isPoisoned = isPoisoned
  }
}

/// The part of the input that one element of a tensor depends on, height by width, in pixels.
public struct ReceptiveField: Hashable, Sendable, CustomStringConvertible {
  public var height: Int
  public var width: Int
  /// Input pixels between neighbouring elements.
  var jump: (height: Int, width: Int)

  public static func == (a: ReceptiveField, b: ReceptiveField) -> Bool {
    a.height == b.height && a.width == b.width && a.jump == b.jump
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(height)
    hasher.combine(width)
  }

  public var description: String { "\(height)×\(width)" }

  /// A pixel of the input itself.
  static let pixel = ReceptiveField(height: 1, width: 1, jump: (1, 1))

  /// After a window: size += (kernel − 1) · dilation · jump, jump *= stride.
  func through(_ window: Window) -> ReceptiveField {
    ReceptiveField(
      height: height + (window.kernel.0 - 1) * window.dilation.0 * jump.height,
      width: width + (window.kernel.1 - 1) * window.dilation.1 * jump.width,
      jump: (jump.height * window.stride.0, jump.width * window.stride.1))
  }

  /// Of a sum or concatenation; unknown where the strides of the branches differ.
  static func merged(_ a: ReceptiveField?, _ b: ReceptiveField?) -> ReceptiveField? {
    guard let a else { return b }
    guard let b else { return a }
    guard a.jump == b.jump else { return nil }
    return ReceptiveField(height: max(a.height, b.height), width: max(a.width, b.width), jump: a.jump)
  }

  struct Window {
    var kernel: (Int, Int)
    var stride: (Int, Int)
    var dilation: (Int, Int) = (1, 1)
  }
}

extension Scope {
  /// What an operation tells about itself, for plans and for the diagnosis of non-finite values.
  struct Note {
    var path: String?
    var parameters: [Parameter] = []
    var multiplyAdds = 0
    var window: ReceptiveField.Window?
    var implementation: String?
    /// The result depends on the whole image.
    var seesAll = false
    /// Neighbouring results lie fractions of a pixel apart: there is no receptive field of whole pixels.
    var fieldIsUnknown = false
  }

  var takesNotes: Bool { planner != nil || observer != nil }

  func note(_ operation: StaticString, _ result: Tensor, from a: Tensor, _ b: Tensor? = nil, _ note: Note) {
    let path = note.path ?? self.path
    observer?(operation, path, result)
    guard let planner else { return }
    let merged = ReceptiveField.merged(a.body.trace?.receptiveField, b?.body.trace?.receptiveField)
    let field =
      note.fieldIsUnknown
      ? nil
      : note.seesAll && planner.input.count == 4
        ? ReceptiveField(height: planner.input[1], width: planner.input[2], jump: (1, 1))
        : note.window.map { window in merged?.through(window) } ?? merged
    result.body.trace = PlanTrace(receptiveField: field, isPoisoned: a.isPoisoned || (b?.isPoisoned ?? false))
    let row = Plan.Row(
      path: path ?? "", operation: "\(operation)", outputShape: result.shape, parameters: 0,
      multiplyAdds: note.multiplyAdds, activationBytes: result.elementCount * result.scalarType.byteCount,
      receptiveField: field, implementation: note.implementation)
    planner.add(row, parameters: note.parameters)
  }
}

/// Tells the current scope, if it wants to know. The note is made only then.
@inline(__always)
func note(
  _ operation: StaticString, _ result: Tensor, from a: Tensor, _ b: Tensor? = nil,
  with details: @autoclosure () -> Scope.Note = Scope.Note()
) {
  guard let scope = Scope.current, scope.takesNotes else { return }
  scope.note(operation, result, from: a, b, details())
}
