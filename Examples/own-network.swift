#!/usr/bin/env -S apus script
import Apus

// A network of one's own, trained as `apus train` trains those of its zoo: with checkpoints, metrics and a report in a folder.
//   ./own-network.swift train FOLDER [STEPS]   starts a run; stops it after STEPS, as an interruption would
//   ./own-network.swift resume FOLDER          goes on to the bits of a run that was never interrupted
//   ./own-network.swift predict FOLDER         what the model says of the first digits
struct SmallNet: Layer {
  let conv1, conv2: Conv2D
  let classifier: Linear

  func forward(_ x: consuming Tensor) -> Tensor {
    let edges = maxPool2d(relu(conv1(x)), kernel: 4)
    return classifier(flatten(maxPool2d(relu(conv2(edges)), kernel: 2)))
  }
}
NetworkCatalogue.register("smallnet", input: [32, 32, 1], classes: 10) { input, classes in
  SmallNet(
    conv1: Conv2D(input[2], 8, kernel: 3, padding: 1), conv2: Conv2D(8, 16, kernel: 3, padding: 1),
    classifier: Linear(16 * (input[0] / 8) * (input[1] / 8), classes))
}

/// Stops a run after a number of steps.
final class Limit: TrainingObserver {
  var steps = Int.max
  var shouldStop: Bool {
    steps -= 1
    return steps <= 0
  }
}
let (words, limit) = (CommandLine.arguments, Limit())
switch words.count > 2 ? words[1] : "" {
case "train":
  if words.count > 3, let steps = Int(words[3]) { limit.steps = steps }
  let request = TrainingRun.Request(
    network: "smallnet", data: try DataSource("digits"), settings: TrainingSettings(epochs: 6, learningRate: 0.05))
  report(try TrainingRun.start(request, in: words[2], observer: limit))
case "resume": report(try TrainingRun.resume(words[2], observer: limit))
case "predict":
  let predictor = try TrainedModel.read(words[2] + "/model.safetensors").predictor()
  let images = Digits.load().test.dataset.images
  for i in 0..<5 { print("digit \(i): \(try predictor.predict(images[i...i], from: "digit \(i)")[0].className)") }
default: print("usage: own-network.swift train FOLDER [STEPS] | resume FOLDER | predict FOLDER")
}

func report(_ outcome: TrainingRun.Outcome) {
  switch outcome {
  case .finished(let result), .wasFinished(let result): print("test accuracy \(Float(result.test["accuracy"]))")
  case .interrupted(let steps): print("stopped after \(steps) steps; resume goes on")
  }
}
