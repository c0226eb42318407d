/// Times a run: training time is that of the steps with waiting for data, without evaluation and without writing of files.
struct StepClock {
  private let clock = ContinuousClock()
  private var epochStart = ContinuousClock.now
  private var segmentStart = ContinuousClock.now
  private var lastReport = ContinuousClock.now
  /// Seconds of steps in this process up to the last pause.
  private var pausedSeconds = 0.0
  /// Images that were trained on before this process.
  private let imagesBefore: Int

  init(_ state: TrainingState) { imagesBefore = state.trainedImages }

  mutating func startEpoch(_ state: TrainingState) {
    epochStart = clock.now - .seconds(state.epochSeconds)
    segmentStart = clock.now
  }

  /// Adds the time since the last start to the run's.
  mutating func pause(_ state: inout TrainingState) {
    let seconds = (clock.now - segmentStart).inSeconds
    state.trainingSeconds += seconds
    pausedSeconds += seconds
    state.epochSeconds = (clock.now - epochStart).inSeconds
  }

  mutating func resume() { segmentStart = clock.now }

  /// Wall time of the epoch so far.
  var epochSeconds: Double { (clock.now - epochStart).inSeconds }

  /// Images per second in this process, over the time in which steps are made.
  func imagesPerSecond(_ state: TrainingState) -> Double {
    let seconds = pausedSeconds + (clock.now - segmentStart).inSeconds
    return seconds > 0 ? Double(state.trainedImages - imagesBefore) / seconds : 0
  }

  /// True at most ten times a second.
  mutating func isDue() -> Bool {
    let now = clock.now
    if now - lastReport < .milliseconds(100) { return false }
    lastReport = now
    return true
  }
}

extension Duration {
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
