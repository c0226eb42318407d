#!/usr/bin/env -S apus script
import Apus
import Foundation

// Our side of compare-look: maps of ResNet-18's scores, in slices when told to. Compiled by it.
//   look-worker WEIGHTS INPUT FOLDER      INPUT: a .npy batch [N, 224, 224, 3]; each map goes to FOLDER/apus-METHOD.npy
// Commands, a line each on standard input, as network-worker takes them; tasks are methods.

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count == 3 else {
  print("usage: look-worker WEIGHTS INPUT FOLDER")
  exit(64)
}
let images = try Npy.read(arguments[1])
let (model, _) = try NetworkCatalogue.make("resnet18", weights: WeightsFile.read(arguments[0]), input: images.shape)
let classes = [Int](repeating: 243, count: images.shape[0])
/// Made once, as the peer's hooks are.
let pass = try RuledPass(model, input: images.shape)
let seed = Tensor.oneHot(Tensor(classes), classes: 1000)

func map(_ method: String) throws -> Tensor {
  switch method {
  case "saliency": try Attribution.saliency(of: model, at: images, classes: classes)
  case "integrated-gradients": try Attribution.integratedGradients(of: model, at: images, classes: classes, steps: 32)
  case "guided-backprop": try pass(images, seed: seed, by: .guided).inputs[0]
  case "grad-cam": try Attribution.gradCAM(of: model, at: images, classes: classes, path: "layer4")
  default: fatalError("no method \(method)")
  }
}

for method in ["saliency", "integrated-gradients", "guided-backprop", "grad-cam"] {
  try Npy.write(map(method), to: "\(arguments[2])/apus-\(method).npy")
}

func answer(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

let clock = ContinuousClock()
answer("ready \(Runtime.buildDescription), \(Runtime.instructionSet)")
while let line = readLine(), line != "end" {
  let words = line.split(separator: " ")
  guard words.count == 5, let threads = Int(words[2]), let seconds = Double(words[3]), let least = Int(words[4]) else {
    FileHandle.standardError.write(Data("look-worker: error: not a command: \(line)\n".utf8))
    exit(64)
  }
  Runtime.threadCount = threads
  var times: [String] = []
  let end = clock.now + .seconds(seconds)
  while times.count < least || clock.now < end {
    times.append("\(try clock.measure { _ = try map(String(words[0])).array(of: Float.self) } / .milliseconds(1))")
  }
  answer(times.joined(separator: " "))
}
