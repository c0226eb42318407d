#!/usr/bin/env -S apus script
import Apus
import ApusVision
import Foundation

// Images a second that loading alone makes, on its one thread: CIFAR-10 with every augmentation, and JPEG files decoded and scaled.
//   loader.swift CIFAR10-FOLDER [FOLDER-OF-JPEGS]
// Beside it: what a training step of ResNet-20 at batch 128 takes (compare-networks) is what it must keep up with.

let arguments = Array(CommandLine.arguments.dropFirst())
guard let folder = arguments.first else {
  print("usage: loader.swift CIFAR10-FOLDER [FOLDER-OF-JPEGS]")
  exit(64)
}
let clock = ContinuousClock()

func report(_ name: String, images: Int, _ body: () throws -> Void) rethrows {
  let seconds = try clock.measure(body) / .seconds(1)
  print("\(name): \(Int(Double(images) / seconds)) images/s")
}

let data = try CIFAR10.load(folder: folder)
let jitter = Augmentation.ColorJitter(brightness: 0.2, contrast: 0.2, saturation: 0.2)
for (name, augmentation) in [
  ("as stored", Augmentation()), ("shifts of 4, flips", Augmentation(maximumShift: 4, flipsHorizontally: true)),
  ("shifts, flips, cutout", Augmentation(maximumShift: 4, flipsHorizontally: true, cutout: 16)),
  (
    "shifts, flips, cutout, color jitter",
    Augmentation(maximumShift: 4, flipsHorizontally: true, colorJitter: jitter, cutout: 16)
  ),
] {
  var train = data.train
  train.augmentation = augmentation
  report("CIFAR-10, \(name)", images: 3 * train.count) {
    for epoch in 0..<3 { for _ in train.batches(of: 128, shuffled: 1, epoch: epoch) {} }
  }
}
if arguments.count > 1 {
  let root = URL(filePath: arguments[1])
  let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)!
    .compactMap { ($0 as? URL)?.path }.filter { $0.hasSuffix(".jpg") || $0.hasSuffix(".jpeg") }
  for (name, size) in [("decoded", 0), ("decoded and scaled to 224×224", 224)] {
    try report("JPEG, \(name)", images: files.count) {
      for file in files {
        let image = try Image(contentsOf: file)
        if size > 0 { _ = image.resized(height: size, width: size) }
      }
    }
  }
}
