import ApusSupport

/// What operations refuse that take values as they are: targets, labels, options.

package func requireConstant(_ targets: Tensor, _ operation: StaticString, _ what: StaticString = "targets") {
  if targets.body.node >= 0 {
    fatalError(
      "\(operation): no gradient flows into \(what), but they are recorded: detached() makes constants of them")
  }
}

package func requireFinite(_ targets: Tensor, _ operation: StaticString) {
  requireEach(targets, operation, "target", "a finite number", quickly: \.isFinite) { $0.isFinite }
}

package func requireUnitRange(_ targets: Tensor, _ operation: StaticString) {
  requireEach(targets, operation, "target", "0...1", quickly: isInUnitRange) { $0 >= 0 && $0 <= 1 }
}

private func isInUnitRange(_ x: Tensor) -> Bool { Kernels.whole(.min, x) >= 0 && Kernels.whole(.max, x) <= 1 }

/// Every element must hold; stops at the first that does not, with its place and value.
///
/// - Parameter quickly: true where all hold for certain: it runs over the tensor by a kernel, which a loss's targets want.
package func requireEach(
  _ values: Tensor, _ operation: StaticString, _ what: StaticString, _ expected: String,
  quickly: (Tensor) -> Bool = { _ in false }, _ holds: (Double) -> Bool
) {
  if isPlanning || quickly(values) { return }
  let bad: (index: Int, value: Double)? =
    switch values.scalarType {
    case .float32:
      values.withUnsafeScalars(of: Float.self) { all in
        all.firstIndex { !holds(Double($0)) }.map { ($0, Double(all[$0])) }
      }
    case .float64:
      values.withUnsafeScalars(of: Double.self) { all in all.firstIndex { !holds($0) }.map { ($0, all[$0]) } }
    case .int32:
      values.withUnsafeScalars(of: Int32.self) { all in
        all.firstIndex { !holds(Double($0)) }.map { ($0, Double(all[$0])) }
      }
    case .uint8:
      values.withUnsafeScalars(of: UInt8.self) { all in
        all.firstIndex { !holds(Double($0)) }.map { ($0, Double(all[$0])) }
      }
    }
  guard let bad else { return }
  fatalError("\(operation): \(what) \(bad.value) at index \(values.place(bad.index)), expected \(expected)")
}

package func requireOption(
  _ value: Double, _ operation: StaticString, _ name: StaticString, _ expected: String, _ holds: Bool
) {
  if !holds { fatalError("\(operation): \(name) \(value), expected \(expected)") }
}

extension Tensor {
  /// An element's indices along the axes, from its place in memory: 7 of a vector, [0, 3, 1] otherwise.
  package func place(_ index: Int) -> String { shape.place(index) }
}

extension Shape {
  /// As a tensor's.
  func place(_ index: Int) -> String {
    count <= 1 ? "\(index)" : "\(zip(contiguousStrides, self).map { stride, size in index / stride % size })"
  }
}

/// Labels as int32: whole numbers of another type are taken exactly, as a literal `Tensor([0, 2, 1])` is float32; others are refused.
package func wholeLabels(_ labels: Tensor, _ function: StaticString) -> Tensor {
  if labels.scalarType == .int32 { return labels }
  requireConstant(labels, function, "labels")
  requireEach(labels, function, "label", "a whole number") { Int32(exactly: $0) != nil }
  return labels.cast(to: .int32)
}
