#!/usr/bin/env -S apus script
import Apus
import Foundation

// One training step and one inference pass of LeNet-5, timed: a JSON line. Run by compare-training.
//   train-step.swift THREADS [BATCH [SECONDS]]
// A step is forward, mean cross-entropy, backward and SGD with momentum 0.9 and weight decay 1e-4 on one fixed batch.

func medianSeconds(budget: Double, _ run: () -> Void) -> Double {
  for _ in 0..<5 { run() }
  let clock = ContinuousClock()
  let end = clock.now + .seconds(budget)
  var times: [Duration] = []
  while times.count < 10 || clock.now < end { times.append(clock.measure(run)) }
  return times.sorted()[times.count / 2] / .seconds(1)
}

let arguments = CommandLine.arguments.dropFirst().map { Double($0) ?? .nan }
guard let threads = arguments.first, arguments.allSatisfy({ $0 > 0 }) else {
  print("usage: train-step.swift THREADS [BATCH [SECONDS]]")
  exit(64)
}
let batch = arguments.count > 1 ? Int(arguments[1]) : 64
let seconds = arguments.count > 2 ? arguments[2] : 2
Runtime.threadCount = Int(threads)

let model = Random.withSeed(1) { LeNet5() }
let images = Tensor(Random.normal(seed: 1, stream: 1, first: 0, count: batch * 28 * 28), shape: [batch, 28, 28, 1])
let labels = Tensor((0..<batch).map { Int32($0 % 10) }, shape: [batch])
var optimizer = SGD(model.parameters, learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4)

let train = medianSeconds(budget: seconds) {
  let (_, gradients) = valueWithGradients(of: model) { crossEntropy(logits: model(images), labels: labels) }
  optimizer.step(gradients)
}
let inference = medianSeconds(budget: seconds / 2) {
  _ = withPhase(.inference) { model(images) }.argmax(axis: 1)
}
print(
  """
  {"train_ms": \(1e3 * train), "inference_ms": \(1e3 * inference), \
  "version": "\(Runtime.buildDescription), \(Runtime.instructionSet)"}
  """)
