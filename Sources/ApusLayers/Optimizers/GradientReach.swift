import ApusCore
import ApusSupport

/// What a step must find: a gradient of at least one parameter that it is to train. Without one it would change nothing, and training
/// would go on without learning and without a word.
package enum GradientReach {
  /// Stops where no gradient reaches a parameter of the optimizer, and names the likely cause.
  ///
  /// - Parameter isTrained: whether the optimizer changes the parameter at an index, if it is trainable.
  static func require(
    _ gradients: Gradients, _ parameters: ParameterList, _ step: StaticString, isTrained: (Int) -> Bool
  ) {
    // A plan that failed has no gradients, and its error is told elsewhere.
    if isPlanning { return }
    let open = parameters.enumerated().filter { isTrained($0.offset) && $0.element.parameter.isTrainable }
    if open.contains(where: { gradients[$0.element.parameter] != nil }) { return }
    fatalError(
      "\(step): no gradient reaches a parameter of the optimizer: \(cause(gradients, parameters, open.map(\.element.path)))"
    )
  }

  private static func cause(_ gradients: Gradients, _ parameters: ParameterList, _ open: [String]) -> String {
    if parameters.isEmpty {
      return "it was made with an empty list of parameters; give it those of the model, model.parameters"
    }
    if open.isEmpty {
      return """
        all of its \(parameters.count) parameters are frozen, by isTrainable or by a ParameterGroup (\(some(parameters.map(\.path))))
        """
    }
    if gradients.count == 0 {
      return """
        the loss depends on none of this model's parameters: was the forward pass outside of the closure of \
        valueWithGradients, or cut off by detached()?
        """
    }
    let others = gradients.all.map { $0.parameter.path ?? "one without a path" }
    return """
      there are gradients of \(gradients.count) other parameters (\(some(others))), and none of its own \(open.count) \
      (\(some(open))): was it made for another model?
      """
  }

  /// A few paths of many.
  package static func some(_ paths: [String]) -> String {
    paths.prefix(6).joined(separator: ", ") + (paths.count > 6 ? " and \(paths.count - 6) more" : "")
  }
}
