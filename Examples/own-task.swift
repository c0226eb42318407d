#!/usr/bin/env -S apus script
import Apus

// A task of one's own: a network, data, loss and metric that no catalogue has, trained with checkpoints, metrics and a report in a folder.
//   ./own-task.swift train FOLDER [STEPS]   starts a run; stops it after STEPS, as an interruption would
//   ./own-task.swift resume FOLDER          goes on to the bits of a run that was never interrupted
//   ./own-task.swift predict FOLDER         measures the model, and shows its square of 1.5
struct Curve: Layer {
  let hidden = Linear(1, 32)
  let output = Linear(32, 1)

  func forward(_ x: consuming Tensor) -> Tensor { output(tanh(hidden(x))) }
}

/// Numbers and their squares.
func squares(_ count: Int, seed: UInt64) -> TensorSamples {
  let x = Tensor.uniform([count, 1], in: -2...2, seed: seed)
  return TensorSamples(x, targets: x * x)
}

/// Stops a run after a number of steps.
final class Limit: TrainingObserver {
  var steps = CommandLine.arguments.count > 3 ? Int(CommandLine.arguments[3])! : Int.max
  var shouldStop: Bool {
    steps -= 1
    return steps <= 0
  }
}
let data = TrainingData(
  "squares", train: squares(512, seed: 1), validation: squares(64, seed: 2), test: squares(64, seed: 3))
let error = MeanMetric("mae", goal: .falling) { l1Loss($0, $1) }
let trainer = try Trainer(
  model: Random.withSeed(1) { Curve() }, data: data, loss: .meanSquaredError, metrics: error,
  settings: TrainingSettings(epochs: 20, batchSize: 32, learningRate: 0.02, optimizer: "adam"))
let words = CommandLine.arguments
switch words.count > 2 ? words[1] : "" {
case "train": print(try TrainingRun.start(trainer, in: words[2], observer: Limit()))
case "resume": print(try TrainingRun.resume(trainer, in: words[2], observer: Limit()))
case "predict":
  try trainer.model.load(words[2] + "/model.safetensors")
  print("mean absolute error \(Float(trainer.evaluate(data.test)["mae"]))")
  print("1.5² is about \(trainer.model(Tensor([1.5], shape: [1, 1])).item())")
default: print("usage: own-task.swift train FOLDER [STEPS] | resume FOLDER | predict FOLDER")
}
