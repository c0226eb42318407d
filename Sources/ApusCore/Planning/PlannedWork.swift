/// What a kernel would do in a planned step, so that it can be done on real memory and timed.
package struct PlannedWork {
  /// Kernel and shapes: the same for the same work.
  package var key: String
  /// Images that the work grows with; 1 where it does not.
  package var images = 1
  /// Multiply-adds of one image.
  package var multiplyAdds = 0
  /// Takes memory for so many images and returns what runs the kernel once.
  package var prepare: (_ images: Int) -> () -> Void
}

extension Kernels {
  /// While a step is planned: the work of the kernel that would run here.
  static func planned(_ work: @autoclosure () -> PlannedWork) {
    guard let planner = Scope.current?.planner, planner.takesWork else { return }
    planner.add(work())
  }

  /// Something to compute on.
  static func sample(_ shape: Shape) -> Tensor { .full(shape, 0.5) }
}
