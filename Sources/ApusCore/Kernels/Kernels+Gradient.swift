import CApus

extension Kernels {
  private static func items(_ gradients: [Tensor]) -> [apus_gradient_item] {
    gradients.map { apus_gradient_item(count: Int64($0.elementCount), gradient: $0.floats) }
  }

  /// Σ gradient² of each, in one pass; infinite or NaN exactly where an element is.
  package static func gradientSquares(_ gradients: [Tensor]) -> [Double] {
    let items = items(gradients)
    let count = Int64(items.count)
    return withExtendedLifetime(gradients) {
      [Double](unsafeUninitializedCapacity: items.count) { sums, filled in
        withScratch(Int(apus_gradient_squares_scratch(count, items))) { scratch in
          apus_gradient_squares(count, items, scratch, sums.baseAddress)
        }
        filled = items.count
      }
    }
  }

  /// In place: the caller has made the gradients its own.
  package static func scaleGradients(_ gradients: [Tensor], by factor: Double) {
    let items = items(gradients)
    withExtendedLifetime(gradients) { apus_gradient_scale(Int64(items.count), items, Float(factor)) }
  }

  /// In place, as `scaleGradients`.
  package static func clipGradients(_ gradients: [Tensor], to limit: Double) {
    let items = items(gradients)
    withExtendedLifetime(gradients) { apus_gradient_clip(Int64(items.count), items, Float(limit)) }
  }

  /// Of one parameter as [rows][units], in place.
  package static func clipGradientUnits(
    _ gradient: Tensor, of value: Tensor, rows: Int, units: Int, clipping: Double, floor: Double
  ) {
    withExtendedLifetime((gradient, value)) {
      withScratch(Int(apus_gradient_clip_units_scratch(Int64(rows), Int64(units)))) { scratch in
        apus_gradient_clip_units(
          Int64(rows), Int64(units), value.floats, gradient.floats, Float(clipping), Float(floor), scratch)
      }
    }
  }
}
