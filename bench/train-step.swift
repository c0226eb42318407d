#!/usr/bin/env -S apus script
import Apus
import Foundation

// One training step and one inference pass of a network, timed: a JSON line. Run by compare-training.
//   train-step.swift NETWORK THREADS BATCH SECONDS
// A step is forward, mean cross-entropy, backward and SGD with momentum 0.9 and weight decay 1e-4 on one fixed batch.

func medianSeconds(budget: Double, _ run: () -> Void) -> Double {
  for _ in 0..<5 { run() }
  let clock = ContinuousClock()
  let end = clock.now + .seconds(budget)
  var times: [Duration] = []
  while times.count < 10 || clock.now < end { times.append(clock.measure(run)) }
  return times.sorted()[times.count / 2] / .seconds(1)
}

let arguments = Array(CommandLine.arguments.dropFirst())
let numbers = arguments.dropFirst().map { Double($0) ?? .nan }
guard numbers.count == 3, numbers.allSatisfy({ $0 > 0 }), let input = try? NetworkCatalogue.usualInput(of: arguments[0])
else {
  print("usage: train-step.swift NETWORK THREADS BATCH SECONDS")
  exit(64)
}
let (batch, seconds) = (Int(numbers[1]), numbers[2])
Runtime.threadCount = Int(numbers[0])

let model = try NetworkCatalogue.make(arguments[0], input: input, classes: 10, seed: 1)
let shape: Shape = [batch, input[0], input[1], input[2]]
let images = Tensor(Random.normal(seed: 1, stream: 1, first: 0, count: shape.reduce(1, *)), shape: shape)
let labels = Tensor((0..<batch).map { Int32($0 % 10) }, shape: [batch])
var optimizer = SGD(model.parameters, learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4, decaying: .all)

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
