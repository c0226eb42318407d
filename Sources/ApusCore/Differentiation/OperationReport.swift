/// What an operation tells about itself to whoever listens: plans, graphs, diagnoses.
package struct OperationReport {
  /// `Conv2D`
  package let name: StaticString
  package let result: Tensor
  /// As the descriptor lists them; `nil` for one that is left out.
  package let inputs: [Tensor?]
  /// `nil` where it is made of operations that report themselves, or has no descriptor.
  package let operation: TensorOperation?
  package let details: Details
  /// Whether it is an operation of its own: plans have no row for what only changes a shape or a type, nor for a whole whose parts
  /// have theirs.
  package let isListed: Bool
  /// Whether it is a part of an operation that is reported as one.
  let isPart: Bool

  /// What plans say beside shapes.
  package struct Details {
    var multiplyAdds = 0
    var window: ReceptiveField.Window?
    /// What its passes take; asked by a plan alone.
    var choices: (() -> [KernelChoice])?
    /// The result depends on the whole image.
    var seesAll = false
    /// Neighboring results lie fractions of a pixel apart: there is no receptive field of whole pixels.
    var fieldIsUnknown = false
    /// What it does to the order of features, if no descriptor says it.
    var features: FeatureEffect?

    package init(
      multiplyAdds: Int = 0, window: ReceptiveField.Window? = nil, choices: (() -> [KernelChoice])? = nil,
      seesAll: Bool = false, fieldIsUnknown: Bool = false, features: FeatureEffect? = nil
    ) {
      self.multiplyAdds = multiplyAdds
      self.window = window
      self.choices = choices
      self.seesAll = seesAll
      self.fieldIsUnknown = fieldIsUnknown
      self.features = features
    }
  }
}

/// Whoever wants to know what runs in a scope. Each method does nothing unless it is implemented.
package protocol OperationListener: AnyObject {
  /// Whether it is told of scopes inside the one that it was given to, too.
  var listensInside: Bool { get }

  /// An operation ran, or is deferred; before any fusion.
  func operationRan(_ report: OperationReport, in scope: Scope)
  /// A layer was called and has its result. What is returned, if anything, takes its place where the layer makes one tensor.
  func layerReturned(_ result: Tensor, in scope: Scope) -> Tensor?
  func parameterWasRead(_ parameter: Parameter)
  /// A shape does not fit. Whether the listener keeps the error, and the pass goes on with a poisoned result; if none does the program
  /// stops.
  func keepsError(_ error: PlanError) -> Bool
  /// The forward pass of `valueWithGradients` is over, and what the tape holds is what the backward pass needs.
  func forwardEnded()
}

extension OperationListener {
  package var listensInside: Bool { false }
  package func operationRan(_: OperationReport, in _: Scope) {}
  package func layerReturned(_: Tensor, in _: Scope) -> Tensor? { nil }
  package func parameterWasRead(_: Parameter) {}
  package func keepsError(_: PlanError) -> Bool { false }
  package func forwardEnded() {}
}

/// Looks at the result of each operation that plans list, and of each layer.
package final class ResultObserver: OperationListener {
  private let look: (_ report: OperationReport, _ scope: Scope) -> Void

  package init(_ look: @escaping (_ report: OperationReport, _ scope: Scope) -> Void) { self.look = look }

  package func operationRan(_ report: OperationReport, in scope: Scope) { if report.isListed { look(report, scope) } }
}

/// True while somebody listens on this thread: only then do operations keep their operands for their reports.
package var isListening: Bool { Scope.current?.isListenedTo ?? false }

/// Tells the listeners of this thread's scope, if there are any. The report is made only then.
@inline(__always)
package func report(
  _ name: StaticString, _ result: Tensor, from inputs: @autoclosure () -> [Tensor?],
  as operation: @autoclosure () -> TensorOperation? = nil,
  with details: @autoclosure () -> OperationReport.Details = .init(), isListed: Bool = true
) {
  guard let scope = Scope.current, scope.isListenedTo else { return }
  scope.tell(
    OperationReport(
      name: name, result: result, inputs: inputs(), operation: operation(), details: details(), isListed: isListed,
      isPart: scope.isInsideOperation))
}

/// Runs operations that are one in a graph together; that one is reported after it.
package func asOneOperation(_ body: () -> Tensor) -> Tensor {
  guard let scope = Scope.current, scope.isListenedTo else { return body() }
  return scope.insideOperation(body)
}
