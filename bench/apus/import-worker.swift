#!/usr/bin/env -S apus script
import Apus
import ApusONNX
import Foundation

// Our side of compare-imports: reads an ONNX file and runs slices of its inference when told to. Compiled by it.
//   import-worker FILE SHAPE INPUT OUTPUT      SHAPE as 1x224x224x3; the result for the numbers of INPUT goes to OUTPUT (.npy)
// Commands, a line each on standard input, as network-worker takes them, `infer` alone.

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count == 4 else {
  print("usage: import-worker FILE SHAPE INPUT OUTPUT")
  exit(64)
}
let model = try ONNXModel(contentsOf: arguments[0])
let shape = Shape(arguments[1].split(separator: "x").map { Int($0)! })
let x = try Npy.read(arguments[2])
try Npy.write(try model.compiled(for: shape)(x), to: arguments[3])

func answer(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

var compiled: [Int: Compiled] = [:]
let clock = ContinuousClock()
answer("ready \(Runtime.buildDescription), \(Runtime.instructionSet)")
while let line = readLine(), line != "end" {
  let words = line.split(separator: " ")
  guard words.count == 5, let threads = Int(words[2]), let seconds = Double(words[3]), let least = Int(words[4]) else {
    FileHandle.standardError.write(Data("import-worker: error: not a command: \(line)\n".utf8))
    exit(64)
  }
  Runtime.threadCount = threads
  let ready = try compiled[threads] ?? model.compiled(for: shape)
  compiled[threads] = ready
  var times: [String] = []
  let end = clock.now + .seconds(seconds)
  while times.count < least || clock.now < end {
    times.append("\(try clock.measure { _ = try ready(x) } / .milliseconds(1))")
  }
  answer(times.joined(separator: " "))
}
