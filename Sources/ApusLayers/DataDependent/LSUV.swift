import ApusCore
import ApusSupport

/// Layer-sequential unit variance: weights are made orthonormal, then, layer by layer in the order of execution,
/// divided by the deviation of the layer's outputs on a batch until that is 1.
///
/// Mishkin & Matas 2016, "All you need is a good init". Parameters are changed in place; biases stay as they are.
///
/// - Parameters:
///   - batch: some hundred samples, prepared as for training.
///   - tolerance: how far from 1 the variance of a layer's outputs may stay.
///   - iterations: a layer's weights are divided at most so often; one that needs more is left as it then is.
///   - orthonormal: whether weights are first drawn anew by `Initializer.orthogonal`.
/// - Returns: the layers in the order of execution.
/// - Throws: `InitializationError` if the outputs of a layer are all equal or not finite.
@discardableResult
public func initializeLSUV(
  _ model: some Layer, batch: Tensor, tolerance: Double = 0.1, iterations: Int = 10, orthonormal: Bool = true
) throws -> [InitializedLayer] {
  if !(tolerance > 0) || iterations < 1 {
    fatalError("initializeLSUV: tolerance \(tolerance) must be above 0, iterations \(iterations) at least 1")
  }
  let outputs = LayerOutputs(model, batch: batch)
  if orthonormal {
    for layer in outputs.layers {
      layer.weight.value = Initializer.orthogonal().tensor(layer.weight.shape, fanIn: 1, fanOut: 1)
    }
  }
  return try outputs.layers.map { layer in
    var done = 0
    while true {
      let (mean, deviation) = outputs.output(of: layer).moments()
      let found = deviation.item()
      let variance = found * found
      if abs(variance - 1) <= tolerance || done == iterations {
        return InitializedLayer(path: layer.path, mean: mean.item(), deviation: found, iterations: done)
      }
      guard found > 0, found.isFinite else {
        throw InitializationError(
          path: layer.path, problem: "expected outputs that differ over the batch, found a deviation of \(found)")
      }
      layer.weight.value = layer.weight.value / found
      done += 1
    }
  }
}
