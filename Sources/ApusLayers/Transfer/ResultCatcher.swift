import ApusCore

/// Keeps the first results of the layers at some paths. As they are held from then on, nothing writes over them. In a scope that
/// records they are recorded.
package final class ResultCatcher: OperationListener {
  private let paths: Set<String>
  /// By path; what was not called is not there.
  package private(set) var results: [String: Tensor] = [:]

  package init(_ paths: [String]) { self.paths = Set(paths) }

  package func layerReturned(_ result: Tensor, in scope: Scope) -> Tensor? {
    if let path = scope.path, paths.contains(path), results[path] == nil { results[path] = result }
    return nil
  }

  /// What the layers give in a pass that runs in `scope`.
  package static func results(
    at paths: [String], of pass: ForwardPass, in scope: Scope, _ makeInputs: () -> [Tensor]
  ) -> [String: Tensor] {
    let catcher = ResultCatcher(paths)
    scope.add(catcher)
    scope.run { for (_, tensor) in pass.run(makeInputs()) { _ = tensor.body.storage } }
    return catcher.results
  }
}
