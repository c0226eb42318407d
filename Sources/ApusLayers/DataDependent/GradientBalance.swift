import ApusCore
import ApusSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Lets all layers learn at the same rate: the gradient of each layer's weights, relative to the weights, becomes of one size, and the
/// function that the network computes stays what it is. For a chain of layers with homogeneous activations between them (ReLU,
/// leaky ReLU, maxima): there a layer's outputs can be scaled by r and the next layer's weights by 1 / r.
///
/// With C_k = ‖∂ℓ/∂W_k‖ / ‖W_k‖ and c the mean of log C over the layers: W_k ← W_k · e^((log C_k − c) / 2), each bias times the product
/// of the factors so far. ℓ is a random projection of the outputs, a new one a round. Krähenbühl et al. 2016, "Data-dependent
/// initializations of convolutional neural networks", algorithm 2; call `initializeFromData` before it.
///
/// - Parameter rounds: the rates are estimated on one projection a round.
/// - Returns: each layer's rate in the last round, before its step.
/// - Throws: `InitializationError` if the outputs changed: the network is not such a chain. Then nothing is changed.
@discardableResult
public func balanceGradients(_ model: some Layer, batch: Tensor, rounds: Int = 5, seed: UInt64 = 0) throws
  -> [(path: String, rate: Double)]
{
  if rounds < 1 { fatalError("balanceGradients: \(rounds) rounds, expected at least 1") }
  let layers = LayerOutputs(model, batch: batch).layers
  let before = model.parameters.map { ($0.parameter, $0.parameter.value) }
  let outputs = model(batch)
  var rates: [(path: String, rate: Double)] = []
  for round in 0..<rounds {
    let projection = Tensor.normal(outputs.shape, seed: seed, stream: RandomDomain.initialValues | UInt64(round))
    let (_, gradients) = valueWithGradients(of: model, updatesState: false) { (model(batch) * projection).sum() }
    rates = try layers.map { layer in
      let rate = norm(gradients[layer.weight]) / norm(layer.weight.value)
      guard rate > 0, rate.isFinite else {
        throw InitializationError(
          path: layer.path, problem: "expected a gradient and weights other than 0, found a rate of \(rate)")
      }
      return (layer.path, rate)
    }
    let mean = rates.reduce(0) { $0 + log($1.rate) } / Double(rates.count)
    var scale = 1.0
    for (layer, rate) in zip(layers, rates) {
      let factor = exp((log(rate.rate) - mean) / 2)
      scale *= factor
      layer.weight.value = layer.weight.value * factor
      if let bias = layer.bias { bias.value = bias.value * scale }
    }
  }
  let change = norm(model(batch) - outputs)
  if !(change <= 1e-3 * norm(outputs)) {
    for (parameter, value) in before { parameter.value = value }
    throw InitializationError(
      path: layers.first?.path ?? "",
      problem: """
        expected a chain of layers with homogeneous activations, found outputs that changed by \(change), \
        their norm is \(norm(outputs))
        """)
  }
  return rates
}

private func norm(_ x: Tensor?) -> Double {
  guard let x else { return 0 }
  return x.detached().cast(to: .float64).square().sum().item().squareRoot()
}
