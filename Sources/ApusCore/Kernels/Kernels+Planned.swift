extension Kernels {
  /// While a step is planned: the work of the kernel that would run here.
  static func planned(_ work: @autoclosure () -> PlannedWork) {
    guard let account = ThreadContext.ofThread?.plannedMemory, account.takesWork else { return }
    account.add(work())
  }

  /// Something to compute on.
  static func sample(_ shape: Shape) -> Tensor { .full(shape, 0.5) }
}
