import ApusCore

/// Linear map of rows: x [N, in] · weight [in, out] + bias [out] → [N, out]. More leading axes are kept.
public func linear(_ x: consuming Tensor, weight: Tensor, bias: Tensor? = nil) -> Tensor {
  if x.isPoisoned { return x }
  var (weight, bias) = (weight, bias)
  Tensor.enter(&x, "Linear")
  Tensor.matchTypes(&x, &weight, "Linear")
  if bias != nil { Tensor.matchTypes(&x, &bias!, "Linear") }
  guard weight.rank == 2 else {
    return shapeFailure("Linear", "expects a weight [in, out], it is \(weight.shape)", input: x)
  }
  guard x.rank >= 2, x.shape[x.rank - 1] == weight.shape[0] else {
    return shapeFailure(
      "Linear", "expects \(weight.shape[0]) features, input is \(x.shape)", input: x)
  }
  if let bias, bias.shape != [weight.shape[1]] {
    return shapeFailure(
      "Linear", "expects a bias of shape [\(weight.shape[1])], it is \(bias.shape)", input: x)
  }
  if x.rank > 2 {
    let shape = Shape(x.shape.dropLast() + [weight.shape[1]])
    let rows = x.shape.dropLast().reduce(1, *)
    return linear(x.reshaped([rows, weight.shape[0]]), weight: weight, bias: bias).reshaped(shape)
  }
  let tape = Tape.recording(x, weight) ?? bias.flatMap { Tape.recording($0) }
  let precision = Scope.current?.precision ?? .standard
  let pending = PendingOperation(.linear(x: x, weight: weight, bias: bias, precision: precision), tape: tape)
  let y = Tensor(body: TensorBody(shape: [x.shape[0], weight.shape[1]], scalarType: x.scalarType, deferred: pending))
  report(
    "Linear", y, from: [x, weight, bias], as: .linear(precision),
    with: .init(
      multiplyAdds: saturatingProduct(y.elementCount, weight.shape[0]),
      choices: { [x = x.shape, w = weight.shape] in Kernels.choices(product: x, w, precision) }, seesAll: true))
  return y
}
