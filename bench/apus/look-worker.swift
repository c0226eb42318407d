#!/usr/bin/env -S apus script
import Apus
import Foundation

// Our side of compare-look: maps of ResNet-18's scores, in slices when told to. Compiled by it.
//   look-worker FOLDER      resnet18.safetensors, x.npy and small.npy, [N, H, W, C], and class.txt are in FOLDER; the maps of x in float32
//                           go to apus-METHOD.npy there, those of the small images in float64 to apus-small-METHOD.npy
// Commands, a line each on standard input, as network-worker takes them; tasks are methods.

guard CommandLine.arguments.count == 2 else {
  print("usage: look-worker FOLDER")
  exit(64)
}
let folder = CommandLine.arguments[1]
let (model, _) = try NetworkCatalogue.make(
  "resnet18", weights: WeightsFile.read(folder + "/resnet18.safetensors"), input: [1, 224, 224, 3])
let asked = Int(try String(contentsOfFile: folder + "/class.txt", encoding: .utf8))!

struct Maps {
  let images: Tensor
  /// Points of integrated gradients.
  let steps: Int
  /// Made once, as the peer's hooks are.
  let pass: RuledPass

  init(_ images: Tensor, steps: Int) throws {
    (self.images, self.steps) = (images, steps)
    pass = try RuledPass(model, input: images.shape)
  }

  func map(_ method: String) throws -> Tensor {
    let classes = [Int](repeating: asked, count: images.shape[0])
    switch method {
    case "saliency": return try Attribution.saliency(of: model, at: images, classes: classes)
    case "integrated-gradients":
      return try Attribution.integratedGradients(of: model, at: images, classes: classes, steps: steps)
    case "guided-backprop":
      let seed = Tensor.oneHot(Tensor(classes), classes: 1000)
      return try pass(images, seed: seed.cast(to: images.scalarType), by: .guided).inputs[0]
    case "grad-cam": return try Attribution.gradCAM(of: model, at: images, classes: classes, path: "layer4")
    default: fatalError("no method \(method)")
    }
  }
}

let methods = ["saliency", "integrated-gradients", "guided-backprop", "grad-cam"]
let maps = try Maps(Npy.read(folder + "/x.npy"), steps: 32)
let small = try Maps(Npy.read(folder + "/small.npy").cast(to: .float64), steps: 4)
for method in methods {
  try Npy.write(maps.map(method), to: "\(folder)/apus-\(method).npy")
  try Npy.write(withPrecision(.float64) { try small.map(method) }, to: "\(folder)/apus-small-\(method).npy")
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
    times.append("\(try clock.measure { _ = try maps.map(String(words[0])).array(of: Float.self) } / .milliseconds(1))")
  }
  answer(times.joined(separator: " "))
}
