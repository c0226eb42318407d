import CApus

extension Kernels {
  struct SGDItem {
    var parameter: Parameter
    var gradient: Tensor
    /// `nil` where there is no momentum.
    var velocity: Tensor?
    var weightDecay: Float
  }

  /// One pass over all parameters. Values and velocities are changed in place; the caller has made them its own.
  static func sgdStep(_ items: [SGDItem], learningRate: Float, momentum: Float, nesterov: Bool) {
    let descriptors = items.map { item in
      apus_sgd_item(
        count: Int64(item.gradient.elementCount), value: item.parameter.storedValue.floats,
        gradient: UnsafePointer(item.gradient.floats), velocity: item.velocity?.floats, weight_decay: item.weightDecay)
    }
    withExtendedLifetime(items) {
      apus_sgd_step(Int64(descriptors.count), descriptors, learningRate, momentum, nesterov ? 1 : 0)
    }
  }
}

extension Tensor {
  /// Copies the values where another tensor shares them, so that they may be changed in place.
  mutating func makeUnique() {
    if isKnownUniquelyReferenced(&body) {
      var storage = body.removeStorage()
      if isKnownUniquelyReferenced(&storage) {
        body.fill(with: storage)
        return
      }
      body.fill(with: storage)
    }
    let copy = Tensor(uninitialized: shape, scalarType)
    copy.body.storage.pointer.copyMemory(from: body.storage.pointer, byteCount: elementCount * scalarType.byteCount)
    self = copy
  }
}
