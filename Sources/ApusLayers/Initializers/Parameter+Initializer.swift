import ApusCore
import ApusSupport

extension Parameter {
  /// A weight that is drawn by an initializer, for a layer of one's own. It remembers its fans, so that `initialize` can draw it anew.
  ///
  /// - Parameters:
  ///   - fanIn: how many inputs an output sums.
  ///   - fanOut: how many outputs an input reaches.
  public convenience init(_ shape: Shape, drawnBy initializer: Initializer, fanIn: Int, fanOut: Int) {
    self.init(initializer.tensor(shape, fanIn: fanIn, fanOut: fanOut))
    fans = (fanIn, fanOut)
  }
}

extension Model {
  /// Draws the weights anew, each by the fans that its layer gives: `torch.nn.init`. Weights are those of convolutions, of linear layers
  /// and attention, and what a layer of one's own makes by `Parameter(_:drawnBy:fanIn:fanOut:)`; biases, norms and buffers stay as they
  /// are, and a pruned weight stays 0. An optimizer keeps what it remembers of the old values.
  ///
  /// ```swift
  /// conv1.initialize(.xavierUniform())
  /// Random.withSeed(3) { model.initialize(.orthogonal(gain: .relu)) }
  /// ```
  ///
  /// Traps if there is no such weight, or if the model holds some where they cannot be listed.
  public func initialize(_ initializer: Initializer) {
    // The paths that errors show are those in the whole model, of which this may be a part.
    let walk = ModelWalk(self, for: .describing)
    if let problem = walk.problems.first { fatalError(problem) }
    let weights = walk.parameters.compactMap { element in element.parameter.fans.map { (element.parameter, $0) } }
    if weights.isEmpty {
      fatalError("initialize: \(type(of: self)) has no weight that is drawn by its fans; set its parameters' values")
    }
    for (weight, fans) in weights {
      weight.value = initializer.tensor(weight.shape, fanIn: fans.input, fanOut: fans.output)
    }
  }
}
