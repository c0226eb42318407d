extension Kernels {
  /// While a step is planned: the scratch of the kernel that would run here, and its work.
  static func planned(scratch: @autoclosure () -> Int = 0, _ work: @autoclosure () -> PlannedWork) {
    guard let account = ThreadContext.ofThread?.plannedMemory else { return }
    account.useScratch(scratch())
    if account.takesWork { account.add(work()) }
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
