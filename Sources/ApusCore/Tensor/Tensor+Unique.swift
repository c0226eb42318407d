extension Tensor {
  /// Copies the values where another tensor shares them, so that they may be changed in place.
  package mutating func makeUnique() {
    if isKnownUniquelyReferenced(&body) {
      var storage = body.removeStorage()
      if isKnownUniquelyReferenced(&storage) {
        body.fill(with: storage)
        return
      }
      body.fill(with: storage)
    }
    let copy = Tensor(uninitialized: shape, scalarType)
    if copy.body.storage.isAbstract {
      self = copy
      return
    }
    copy.body.storage.pointer.copyMemory(from: body.storage.pointer, byteCount: elementCount * scalarType.byteCount)
    self = copy
  }
}
