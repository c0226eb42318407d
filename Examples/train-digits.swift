#!/usr/bin/env -S apus script
import Apus

// Trains LeNet-5 on the embedded handwritten digits with a loop of its own.
//   ./train-digits.swift [EPOCHS]

let epochs = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 10
let seed: UInt64 = 1
let digits = Digits.load()

let model = Random.withSeed(seed) {
  Sequential {
    Conv2D(1, 6, kernel: 5)
    ReLU()
    MaxPool2D(2)
    Conv2D(6, 16, kernel: 5)
    ReLU()
    MaxPool2D(2)
    Flatten()
    Linear(400, 120)
    ReLU()
    Linear(120, 84)
    ReLU()
    Linear(84, 10)
  }
}
var optimizer = SGD(model.parameters, learningRate: 0.05, momentum: 0.9)

for epoch in 0..<epochs {
  var total = 0.0
  for batch in digits.train.batches(of: 64, shuffled: seed, epoch: epoch) {
    let (loss, gradients) = valueWithGradients(of: model) {
      crossEntropy(logits: model(batch.images), labels: batch.labels)
    }
    optimizer.step(gradients)
    total += loss.item() * Double(batch.count)
  }
  print("epoch \(epoch + 1): loss \(Float(total / Double(digits.train.count)))")
}

var correct = 0
for batch in digits.test.batches(of: 64) {
  let predicted = model(batch.images).argmax(axis: 1).array(of: Int32.self)
  correct += zip(predicted, batch.labels.array(of: Int32.self)).count { $0 == $1 }
}
print("\(correct) of \(digits.test.count) test images right")
