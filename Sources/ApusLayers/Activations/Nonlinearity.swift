import ApusCore

/// An operation that is one of the C core's functions of one element: what all of them do around their kernel.
package func nonlinearity(_ function: ActivationFunction, _ x: consuming Tensor) -> Tensor {
  Tensor.enter(&x, function.name)
  let tape = Tape.recording(x)
  let node = x.body.node
  let input = isListening ? x : nil
  let saved = tape != nil && function.readsInput ? x.detached() : nil
  let y = Kernels.map(.activation(function), x)
  if let tape {
    let saved = saved ?? y.detached()
    tape.record(y, node) {
      Kernels.activationBackward(function, saved: saved, gradient: $0)
    }
  }
  if let input { report(function.name, y, from: [input], as: .activation(function)) }
  return y
}
