/// Where values stop being finite: runs a step's forward pass again and looks at every operation's result.
///
/// Call it with the batch, key and parameters of the step whose loss was not finite, before any update. Nothing is updated.
///
/// - Returns: the path and operation of the first result that is not finite, or the first parameter that is not; `nil` where all are.
public func diagnoseNonFinite(of model: some Model, key: RandomKey, _ body: () -> Tensor) -> String? {
  for (path, parameter) in model.parameters where !parameter.value.isFinite { return "parameter \(path)" }
  let scope = Scope(mode: .plain, phase: .training.updating(state: false), key: key)
  var found: String?
  scope.model = model
  scope.add(
    ResultObserver { report, scope in
      if found != nil || report.result.isFinite { return }
      let path = scope.path ?? ""
      found = path.isEmpty ? "\(report.name)" : "\(path) (\(report.name))"
    })
  scope.run { _ = body() }
  return found
}
