import ApusCore

/// Data-dependent initialization within layers: layer by layer in the order of execution, each channel's weights and
/// bias are scaled and shifted so that its outputs on a batch have mean 0 and deviation 1; what batch norm would do,
/// once.
///
/// Krähenbühl et al. 2016, "Data-dependent initializations of convolutional neural networks", algorithm 1;
/// `balanceGradients` is algorithm 2. A layer without bias keeps its means. Parameters are changed in place.
///
/// - Parameter batch: some hundred samples, prepared as for training.
/// - Returns: the layers in the order of execution.
@discardableResult
public func initializeFromData(_ model: some Layer, batch: Tensor) throws -> [InitializedLayer] {
  let outputs = LayerOutputs(model, batch: batch)
  return try outputs.layers.map { layer in
    let output = outputs.output(of: layer)
    let (means, deviations) = output.moments(axes: Array(0..<output.rank - 1))
    let all = deviations.array(of: Double.self)
    if let channel = all.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
      throw InitializationError(
        path: layer.path,
        problem: """
          expected outputs that differ over the batch, found a deviation of \(all[channel]) in channel \(channel)
          """)
    }
    layer.weight.value = (layer.weight.value.cast(to: .float64) / deviations).cast(to: .float32)
    if let bias = layer.bias {
      bias.value = ((bias.value.cast(to: .float64) - means) / deviations).cast(to: .float32)
    }
    let (mean, deviation) = outputs.output(of: layer).moments()
    return InitializedLayer(path: layer.path, mean: mean.item(), deviation: deviation.item(), iterations: 1)
  }
}
