import ApusCore

/// Times the work of a step on this machine.
struct WorkClock {
  /// A call of a kernel is to do no more multiply-adds than this, if it can do with fewer images: 10 to 20 ms on two cores.
  private static let largest = 4_000_000_000
  private static let clock = ContinuousClock()

  /// Sum of the times of all works, each distinct one timed for a few calls.
  static func seconds(_ works: [PlannedWork]) -> Double {
    let counts = Dictionary(works.map { ($0.key, 1) }, uniquingKeysWith: +)
    var timed: Set<String> = []
    return works.reduce(0) { sum, work in
      timed.insert(work.key).inserted ? sum + Double(counts[work.key]!) * seconds(work) : sum
    }
  }

  /// The median of three calls after one.
  private static func seconds(_ work: PlannedWork) -> Double {
    let images = work.multiplyAdds == 0 ? work.images : min(work.images, max(1, largest / work.multiplyAdds))
    let run = work.prepare(images)
    run()
    let times = (0..<3).map { _ in clock.measure(run) / .seconds(1) }.sorted()
    return times[1] * Double(work.images) / Double(images)
  }
}

extension Layer {
  /// The time that a training step takes on this machine: each distinct kernel of the step, of forward pass, backward pass and
  /// optimizer, is timed for a few calls, which takes some seconds. See `planStep`.
  public func predictedStepSeconds(
    input: Shape, optimizer make: (ParameterList) -> any Optimizer = { SGD($0, learningRate: 0.01, momentum: 0.9) }
  ) throws -> Double {
    var works: [PlannedWork] = []
    _ = try planStep(input: input, takingWork: { works = $0 }, optimizer: make)
    return WorkClock.seconds(works)
  }

  /// As `predictedStepSeconds`, of inference.
  package func predictedInferenceSeconds(input: Shape) throws -> Double {
    var works: [PlannedWork] = []
    _ = try planOnce(input: input, phase: .inference) { works = $0 }
    return WorkClock.seconds(works)
  }
}
