#!/usr/bin/env -S apus script
import Apus

// Trains a small network of 3×3 convolutions on MNIST with one precision of convolutions: a JSON line. Run by compare-precision.
//   precision-mnist.swift FOLDER PRECISION SEED EPOCHS

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count == 4, let precision = Precision(rawValue: arguments[1]), let seed = UInt64(arguments[2]),
  let epochs = Int(arguments[3])
else { fatalError("usage: precision-mnist.swift FOLDER standard|strict|bfloat16 SEED EPOCHS") }
let data = try MNIST.load(folder: arguments[0])

let model = Random.withSeed(seed) {
  Sequential {
    Conv2D(1, 16, kernel: 3, padding: 1)
    ReLU()
    Conv2D(16, 32, kernel: 3, padding: 1)
    ReLU()
    MaxPool2D(2)
    Conv2D(32, 32, kernel: 3, padding: 1)
    ReLU()
    Conv2D(32, 64, kernel: 3, padding: 1)
    ReLU()
    MaxPool2D(2)
    Flatten()
    Linear(7 * 7 * 64, 10)
  }
}
var optimizer = SGD(model.parameters, learningRate: 0.005, momentum: 0.9)
var loss = 0.0
for epoch in 0..<epochs {
  loss = 0
  for batch in data.train.batches(of: 64, shuffled: seed, epoch: epoch) {
    let (value, gradients) = withPrecision(precision) {
      valueWithGradients(of: model) { crossEntropy(logits: model(batch.images), labels: batch.labels) }
    }
    optimizer.step(gradients)
    loss += value.item() * Double(batch.count)
  }
}
var correct = 0
for batch in data.test.batches(of: 256) {
  let predicted = withPrecision(precision) { model(batch.images) }.argmax(axis: 1).array(of: Int32.self)
  correct += zip(predicted, batch.labels.array(of: Int32.self)).count { $0 == $1 }
}
print("{\"loss\": \(loss / Double(data.train.count)), \"accuracy\": \(Double(correct) / Double(data.test.count))}")
