#!/usr/bin/env -S apus script
import Apus
import Foundation

// Our side of compare-networks: holds a network and runs slices of its training or inference when told to. Compiled by it.
//   network-worker NETWORK BATCH
// Commands, a line each on standard input:
//   train|infer standard|strict THREADS SECONDS CALLS    runs for so long and at least so often; answers with the milliseconds of each call
//   memory                                               answers with the MiB of the training steps so far
//   end                                                  ends it
// A step is forward, mean cross-entropy, backward and SGD with momentum 0.9 and weight decay 1e-4 on one fixed batch. Inference is
// `model.compiled(for:)`, compiled anew for each precision and number of threads, by the weights of the beginning.

func answer(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

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
guard arguments.count == 2, let entry = try? NetworkCatalogue.entry(arguments[0]), let batch = Int(arguments[1]),
  batch > 0
else {
  print("usage: network-worker NETWORK BATCH")
  exit(64)
}

let input = entry.usualInput
let model = try NetworkCatalogue.make(arguments[0], input: input, classes: entry.usualClasses, seed: 1)
let still = try NetworkCatalogue.make(arguments[0], input: input, classes: entry.usualClasses, seed: 1)
let shape: Shape = [batch, input[0], input[1], input[2]]
let images = Tensor(Random.normal(seed: 1, stream: 1, first: 0, count: shape.reduce(1, *)), shape: shape)
let labels = Tensor((0..<batch).map { Int32($0 * 97 % entry.usualClasses) }, shape: [batch])
var optimizer = SGD(model.parameters, learningRate: 0.001, momentum: 0.9, weightDecay: 1e-4, decaying: .all)
var compiled: [String: Compiled] = [:]
var before: Double?

func train() {
  let (_, gradients) = valueWithGradients(of: model) { crossEntropy(logits: model(images), labels: labels) }
  optimizer.step(gradients)
}

func call(_ task: Substring, _ precision: Precision, _ threads: Int) throws -> () -> Void {
  if task == "train" {
    if before == nil {
      before = residentMiB("VmRSS:")
      forgetPeak()
    }
    return { withPrecision(precision) { train() } }
  }
  let key = "\(precision) \(threads)"
  let prepared = try compiled[key] ?? withPrecision(precision) { try still.compiled(for: shape) }
  compiled[key] = prepared
  return { _ = try! prepared(images) }
}

let clock = ContinuousClock()
answer("ready \(Runtime.buildDescription), \(Runtime.instructionSet)")
while let line = readLine() {
  let words = line.split(separator: " ")
  if line == "end" { break }
  if line == "memory" {
    answer("\(residentMiB("VmHWM:") - (before ?? .nan))")
    continue
  }
  guard words.count == 5, let threads = Int(words[2]), let seconds = Double(words[3]), let least = Int(words[4]) else {
    FileHandle.standardError.write(Data("network-worker: error: not a command: \(line)\n".utf8))
    exit(64)
  }
  Runtime.threadCount = threads
  let run = try call(words[0], words[1] == "strict" ? .strict : .standard, threads)
  var times: [String] = []
  let end = clock.now + .seconds(seconds)
  while times.count < least || clock.now < end { times.append("\(clock.measure(run) / .milliseconds(1))") }
  answer(times.joined(separator: " "))
}
