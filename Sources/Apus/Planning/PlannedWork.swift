/// What a kernel would do in a planned step, so that it can be done on real memory and timed.
struct PlannedWork {
  /// Kernel and shapes: the same for the same work.
  var key: String
  /// Images that the work grows with; 1 where it does not.
  var images = 1
  /// Multiply-adds of one image.
  var multiplyAdds = 0
  /// Takes memory for so many images and returns what runs the kernel once.
  var prepare: (_ images: Int) -> () -> Void
}

extension Kernels {
  /// While a step is planned: the scratch of the kernel that would run here, and its work.
  static func planned(scratch: @autoclosure () -> Int = 0, _ work: @autoclosure () -> PlannedWork) {
    guard let planner = Scope.current?.planner else { return }
    planner.useScratch(scratch())
    if planner.takesWork { planner.add(work()) }
  }

  /// Something to compute on.
  static func sample(_ shape: Shape, _ type: ScalarType = .float32) -> Tensor {
    .full(shape, type == .uint8 ? 0 : 0.5, type)
  }

  /// The first images of a batch.
  static func sample(_ shape: Shape, images: Int) -> Tensor {
    var part = shape
    part[0] = images
    return sample(part)
  }
}

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
  public func predictedInferenceSeconds(input: Shape) throws -> Double {
    var works: [PlannedWork] = []
    _ = try planOnce(input: input, phase: .inference) { works = $0 }
    return WorkClock.seconds(works)
  }
}
