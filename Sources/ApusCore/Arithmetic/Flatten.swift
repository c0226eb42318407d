/// [N, …] → [N, product of the rest].
public func flatten(_ x: Tensor) -> Tensor {
  if x.isPoisoned { return x }
  guard x.rank >= 1 else { return shapeFailure("Flatten", "expects a batch, input is a scalar", input: x) }
  let rest = x.shape.dropFirst().reduce(1, *)
  let y = x.reshaped([x.shape[0], rest])
  report("Flatten", y, from: [x], with: .init(seesAll: true))
  return y
}

/// `Tensor.flatten(_:)` as a function: `flatten(x, 1)` is `flatten(x)`, [N, the rest].
public func flatten(_ x: Tensor, _ firstAxis: Int) -> Tensor { x.flatten(firstAxis) }
