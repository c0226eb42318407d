#!/usr/bin/env -S apus script
import Apus

// A network of one's own, trained as `apus train` trains those of its zoo: with checkpoints, metrics and a report in a folder.
//   ./own-network.swift train FOLDER [STEPS]   starts a run; stops it after STEPS, as an interruption would
//   ./own-network.swift resume FOLDER          goes on to the bits of a run that was never interrupted
//   ./own-network.swift predict FOLDER         what the model says of the first test images

struct SmallNet: Layer {
  let conv1, conv2: Conv2D
  let classifier: Linear

  init(channels: Int, classes: Int) {
    conv1 = Conv2D(channels, 8, kernel: 3, padding: 1)
    conv2 = Conv2D(8, 16, kernel: 3, padding: 1)
    classifier = Linear(16, classes)
  }

  func callAsFunction(_ x: consuming Tensor) -> Tensor {
    let small = maxPool2d(relu(conv1(x)), kernel: 4)
    return classifier(relu(conv2(small)).mean(axes: [1, 2]))
  }
}
NetworkCatalogue.register("smallnet", input: [32, 32, 1], classes: 10) { input, classes in
  SmallNet(channels: input[2], classes: classes)
}

final class Lines: TrainingObserver {
  var stepsLeft = Int.max
  var shouldStop: Bool {
    stepsLeft -= 1
    return stepsLeft <= 0
  }
  func epochEnded(_ row: EpochMetrics, of epochs: Int, isKept: Bool) {
    print("epoch \(row.epoch) of \(epochs): loss \(Float(row.trainLoss))")
  }
}

let (command, folder) = (CommandLine.arguments[1], CommandLine.arguments[2])
let lines = Lines()
switch command {
case "train":
  if CommandLine.arguments.count > 3 { lines.stepsLeft = Int(CommandLine.arguments[3])! }
  let settings = TrainingSettings(epochs: 6, learningRate: 0.05)
  print(
    try TrainingRun.start(
      .init(network: "smallnet", data: DataSource("digits"), settings: settings), in: folder, observer: lines))
case "resume":
  print(try TrainingRun.resume(folder, observer: lines))
default:
  let model = try TrainedModel.read(folder + "/model.safetensors")
  let test = Digits.load().test.dataset
  let predictor = try model.predictor()
  for index in 0..<5 {
    let best = try predictor.predict(test.images[index...index], from: "digit \(index)")[0]
    print("digit \(index): \(best.className)")
  }
}
