#!/usr/bin/env -S apus script
import Apus

// What an operation costs beside its kernel: sums of one-element tensors, a thousand in a chain, in nanoseconds an operation.
//   inference   the operation without a tape
//   recorded    forward with the tape, and its part of the backward pass
// The goal is a difference below 300 ns in a release build; a LeNet-5 step has about 25 operations.

func medianNanoseconds(an operation: Int, _ run: () -> Void) -> Double {
  for _ in 0..<20 { run() }
  let clock = ContinuousClock()
  let times = (0..<201).map { _ in clock.measure(run) }.sorted()
  return times[times.count / 2] / .nanoseconds(1) / Double(operation)
}

let operations = 1000
let one = Tensor([1] as [Float])
let layer = Linear(1, 1, bias: false)

let inference = medianNanoseconds(an: operations) {
  var sum = one
  for _ in 0..<operations { sum = sum + one }
}
let recorded = medianNanoseconds(an: operations) {
  _ = valueWithGradients(of: layer) {
    var sum = layer.weight.value
    for _ in 0..<operations { sum = sum + one }
    return sum
  }
}
print(
  "inference \(inference) ns, recorded with backward \(recorded) ns, tape \(recorded - inference) ns per operation; \(Runtime.buildDescription)"
)
