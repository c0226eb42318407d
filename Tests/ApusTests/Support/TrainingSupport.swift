import Apus
import Foundation
import Testing

/// The embedded digits, read once: most tests of training use them.
let digits = Digits.load()

/// A short training: 21 steps per epoch.
func shortSettings(epochs: Int = 2, learningRate: Double = 0.05, seed: UInt64 = 1) -> TrainingSettings {
  TrainingSettings(epochs: epochs, batchSize: 64, learningRate: learningRate, seed: seed)
}

func lenetTrainer(_ settings: TrainingSettings) throws -> Trainer {
  let model = Random.withSeed(settings.seed) { LeNet5(inputSize: 32) }
  return try Trainer(model: model, data: digits, settings: settings)
}

/// A short training on small scenes: 3 steps an epoch.
func sceneRequest(epochs: Int = 1, scenes: Int = 40) throws -> TrainingRun.Request {
  var request = TrainingRun.Request(
    network: "fcn.small", data: try DataSource("digits"),
    settings: TrainingSettings(
      epochs: epochs, batchSize: 16, learningRate: 0.015, optimizer: "adamw", shift: 0, keeping: .last))
  request.scenes = SceneSettings(count: scenes, height: 24, width: 32)
  return request
}

/// Asks to stop after a number of steps, and remembers what it was told.
final class StopAfter: TrainingObserver {
  private var stepsLeft: Int
  private(set) var rows: [EpochMetrics] = []
  private(set) var warnings: [String] = []

  init(steps: Int) { stepsLeft = steps }

  var shouldStop: Bool {
    stepsLeft -= 1
    return stepsLeft <= 0
  }

  func epochEnded(_ row: EpochMetrics, of epochs: Int, isKept: Bool) { rows.append(row) }
  func warn(_ text: String) { warnings.append(text) }
}

/// The rows without the wall time, which no two runs share.
func timeless(_ rows: [EpochMetrics]) -> [EpochMetrics] {
  rows.map { row in
    var row = row
    row.seconds = 0
    return row
  }
}

func expectSameState(
  _ a: [(name: String, value: Tensor)], _ b: [(name: String, value: Tensor)],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(a.map(\.name) == b.map(\.name), sourceLocation: sourceLocation)
  // There may be none: an optimizer without memory.
  for (left, right) in zip(a, b) { expectSameBits(left.value, right.value, sourceLocation: sourceLocation) }
}

func bytes(of path: String) throws -> [UInt8] { try File.contents(of: path) }
