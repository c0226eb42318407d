#!/usr/bin/env -S apus script
import Apus
import Foundation

// Writes images of some of CIFAR-10's classes as files, a folder per class, in train, val and test.
//   ./cifar-folders.swift CIFAR10 OUT IMAGES-A-CLASS CLASS…

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count > 3, let most = Int(arguments[2]), most > 0 else {
  fatalError("usage: cifar-folders.swift CIFAR10 OUT IMAGES-A-CLASS CLASS…")
}
let data = try CIFAR10.load(folder: arguments[0])
let classes = arguments.dropFirst(3)
for name in classes where !data.classNames.contains(name) {
  fatalError("there is no class \(name), but \(data.classNames.joined(separator: ", "))")
}

// Of training and validation images so many a class; all test images.
let parts = [("train", data.train, most), ("val", data.validation, most), ("test", data.test, Int.max)]
for (part, split, limit) in parts {
  var counts: [String: Int] = [:]
  for (position, label) in split.labels.enumerated() {
    let name = data.classNames[Int(label)]
    guard classes.contains(name), counts[name, default: 0] < limit else { continue }
    let folder = "\(arguments[1])/\(part)/\(name)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let header = Array("P6 \(CIFAR10.size) \(CIFAR10.size) 255\n".utf8)
    let bytes = header + split.image(at: position).array(of: UInt8.self)
    try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(counts[name, default: 0]).ppm"))
    counts[name, default: 0] += 1
  }
  print("\(part): \(counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))")
}
