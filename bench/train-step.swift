#!/usr/bin/env -S apus script
import Apus
import Foundation

// One training step and one inference pass of a network, timed, and the memory of the steps: a JSON line. Compiled and run by
// compare-networks.
//   train-step.swift NETWORK THREADS BATCH SECONDS
// A step is forward, mean cross-entropy, backward and SGD with momentum 0.9 and weight decay 1e-4 on one fixed batch.
// Inference is compiled; infer_plain_ms is that of the model itself.

// Of at least four calls, after two and a tenth of the budget.
func medianSeconds(budget: Double, _ run: () -> Void) -> Double {
  let clock = ContinuousClock()
  func calls(_ least: Int, _ seconds: Double) -> [Duration] {
    let end = clock.now + .seconds(seconds)
    var times: [Duration] = []
    while times.count < least || clock.now < end { times.append(clock.measure(run)) }
    return times
  }
  _ = calls(2, budget / 10)
  let times = calls(4, budget).sorted()
  return (times[(times.count - 1) / 2] + times[times.count / 2]) / 2 / .seconds(1)
}

// A line of this process's status, in MiB; nan where the system has none.
func residentMiB(_ line: String) -> Double {
  guard let file = fopen("/proc/self/status", "r") else { return .nan }
  defer { fclose(file) }
  var text = [CChar](repeating: 0, count: 256)
  while fgets(&text, 256, file) != nil {
    let words = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split {
      " \t".contains($0)
    }
    if words.count > 1, words[0] == line, let kibibytes = Double(words[1]) { return kibibytes / 1024 }
  }
  return .nan
}

// The greatest resident size counts from now on; where the system refuses, from the start of the process.
func forgetPeak() {
  guard let file = fopen("/proc/self/clear_refs", "w") else { return }
  fputs("5", file)
  fclose(file)
}

let arguments = Array(CommandLine.arguments.dropFirst())
let numbers = arguments.dropFirst().map { Double($0) ?? .nan }
guard numbers.count == 3, numbers.allSatisfy({ $0 > 0 }), let entry = try? NetworkCatalogue.entry(arguments[0]) else {
  print("usage: train-step.swift NETWORK THREADS BATCH SECONDS")
  exit(64)
}
let (batch, seconds) = (Int(numbers[1]), numbers[2])
Runtime.threadCount = Int(numbers[0])

let input = entry.usualInput
let model = try NetworkCatalogue.make(arguments[0], input: input, classes: entry.usualClasses, seed: 1)
let shape: Shape = [batch, input[0], input[1], input[2]]
let images = Tensor(Random.normal(seed: 1, stream: 1, first: 0, count: shape.reduce(1, *)), shape: shape)
let labels = Tensor((0..<batch).map { Int32($0 * 97 % entry.usualClasses) }, shape: [batch])
var optimizer = SGD(model.parameters, learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4, decaying: .all)

let before = residentMiB("VmRSS:")
forgetPeak()
let train = medianSeconds(budget: seconds) {
  let (_, gradients) = valueWithGradients(of: model) { crossEntropy(logits: model(images), labels: labels) }
  optimizer.step(gradients)
}
let peak = residentMiB("VmHWM:") - before
let plain = medianSeconds(budget: seconds / 4) { _ = withPhase(.inference) { model(images) }.argmax(axis: 1) }
let compiled = try model.compiled(for: shape)
let inference = medianSeconds(budget: seconds / 2) { _ = try! compiled(images).argmax(axis: 1) }
print(
  """
  {"train_ms": \(1e3 * train), "infer_ms": \(1e3 * inference), "infer_plain_ms": \(1e3 * plain), "peak_mb": \(peak.isNaN ? "NaN" : "\(peak)"), \
  "version": "\(Runtime.buildDescription), \(Runtime.instructionSet)"}
  """)
