import ApusSupport

/// A differentiable function of one's own: a value and the rule that takes the gradient of the result to those of the inputs.
///
/// ```swift
/// func softsign(_ x: Tensor) -> Tensor {
///   differentiable(x, "Softsign") { $0 / (1 + $0.abs()) } pullback: { x, _, gradient in gradient / (1 + x.abs()).square() }
/// }
/// ```
/// `value` and `pullback` work on constants: nothing in them is recorded. Prove it with `gradientCheck(at:_:)`.
///
/// - Parameter name: what plans and messages call it.
public func differentiable(
  _ x: Tensor, _ name: StaticString, value: (Tensor) -> Tensor,
  pullback: @escaping (_ x: Tensor, _ y: Tensor, _ gradient: Tensor) -> Tensor
) -> Tensor {
  differentiable(
    [x], name, value: { value($0[0]) }, pullback: { inputs, y, gradient in [pullback(inputs[0], y, gradient)] })
}

/// As above for several inputs; `pullback` returns a gradient an input, `nil` where none flows.
public func differentiable(
  _ inputs: [Tensor], _ name: StaticString, value: ([Tensor]) -> Tensor,
  pullback: @escaping (_ inputs: [Tensor], _ y: Tensor, _ gradient: Tensor) -> [Tensor?]
) -> Tensor {
  let tape = Tape.recording(inputs)
  let constants = inputs.map { $0.detached() }
  let y = value(constants).detached()
  if let tape {
    let result = y.detached()
    let shapes = inputs.map(\.shape)
    tape.record(y, inputs: inputs.map { $0.body.node }) { gradient in
      let gradients = pullback(constants, result, gradient)
      if gradients.count != shapes.count {
        fatalError("\(name): the pullback returned \(gradients.count) gradients for \(shapes.count) inputs")
      }
      for (index, gradient) in gradients.enumerated() {
        if let gradient, gradient.shape != shapes[index] {
          fatalError(
            "\(name): the pullback's gradient \(index) has shape \(gradient.shape), its input \(shapes[index])")
        }
      }
      return gradients
    }
  }
  if let first = inputs.first { report(name, y, from: [first, inputs.count > 1 ? inputs[1] : nil]) }
  return y
}
