/// The first value of a step that a layer's running statistics cannot hold.
///
/// In a program's own loop it stops the program with a text. A trainer, whose data must not be able to do that, keeps it instead: within
/// `watched` the layer leaves its statistics as they were, and the trainer throws before the update.
package final class StateOverflow {
  private(set) var first: (path: String?, what: String)?

  package func keep(path: String?, what: String) {
    if first == nil { first = (path, what) }
  }

  /// Runs `body`, and tells what overflowed in it.
  package static func watched<Result>(
    _ body: () throws -> Result
  ) rethrows -> (result: Result, overflow: (path: String?, what: String)?) {
    let watch = StateOverflow()
    let outer = Scope.current
    let scope = outer ?? Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0))
    let former = scope.stateOverflow
    scope.stateOverflow = watch
    defer { scope.stateOverflow = former }
    let result = outer == nil ? try scope.run(body) : try body()
    return (result, watch.first)
  }
}
