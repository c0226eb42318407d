#!/usr/bin/env -S apus script
import Apus
import Foundation

// Our side of compare-tsne: maps rows when told to. Compiled by it.
//   tsne-worker FOLDER NAME,…      rows FOLDER/NAME.npy, float32 [N, D]; the last map goes to FOLDER/NAME-apus.npy
// Commands, a line each on standard input, as worker.py takes them; tasks are the names.

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count == 2 else {
  print("usage: tsne-worker FOLDER NAME,…")
  exit(64)
}
func answer(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

var rows: [String: Tensor] = [:]
for name in arguments[1].split(separator: ",").map(String.init) {
  rows[name] = try Npy.read("\(arguments[0])/\(name).npy")
}
let clock = ContinuousClock()
answer("ready \(Runtime.buildDescription), \(Runtime.instructionSet)")
while let line = readLine(), line != "end" {
  let words = line.split(separator: " ").map(String.init)
  guard words.count == 5, let x = rows[words[0]], let threads = Int(words[2]), let seconds = Double(words[3]),
    let least = Int(words[4])
  else {
    FileHandle.standardError.write(Data("tsne-worker: error: not a command: \(line)\n".utf8))
    exit(64)
  }
  Runtime.threadCount = threads
  var times: [String] = []
  var points = Tensor.zeros([0, 2])
  let end = clock.now + .seconds(seconds)
  while times.count < least || clock.now < end {
    times.append("\(try clock.measure { points = try TSNE().map(x).points } / .milliseconds(1))")
  }
  try Npy.write(points, to: "\(arguments[0])/\(words[0])-apus.npy")
  answer(times.joined(separator: " "))
}
