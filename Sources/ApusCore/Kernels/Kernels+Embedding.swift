import CApus

/// What the points of a map do to each other; see apus/embedding.h. float32, or float64 by the reference.
package struct MapForces {
  /// [2, count].
  package var attraction, repulsion: Tensor
  /// [count]: its sum is the normalizer Z.
  package var mass: Tensor
  /// [count]: −Σ p log q of each point; `nil` if not asked for.
  package var logs: Tensor?
}

/// Affinities of some pairs: of point i those from `starts[i]` up to `starts[i + 1]`.
package struct SparseAffinities {
  package var starts: [Int64]
  package var neighbors: [Int32]
  package var values: [Float]

  /// Of as many points as `starts` has, but one.
  package init(starts: [Int64], neighbors: [Int32], values: [Float]) {
    (self.starts, self.neighbors, self.values) = (starts, neighbors, values)
  }
}

extension Kernels {
  /// Squared distances [count, count] of the columns of `points` [size, count], float32.
  package static func squaredDistances(_ points: Tensor) -> Tensor {
    let (size, count) = (points.shape[0], points.shape[1])
    let squares = Tensor(uninitialized: [count, count], .float32)
    apus_squared_distances_f32(Int64(count), Int64(size), points.floats, 0, Int64(count), squares.floats)
    return withExtendedLifetime(points) { squares }
  }

  /// The `nearest` < count other columns of `points` [size, count] that are nearest to each: their numbers, nearest first, and the
  /// squared distances [count, nearest], float32.
  package static func neighbors(_ points: Tensor, nearest: Int) -> (indices: [Int32], squares: Tensor) {
    let (size, count) = (points.shape[0], points.shape[1])
    let squares = Tensor(uninitialized: [count, nearest], .float32)
    let indices = [Int32](unsafeUninitializedCapacity: count * nearest) { indices, filled in
      let threads = apus_thread_count()
      withScratch(Int(apus_nearest_scratch(Int64(count), threads))) { scratch in
        apus_nearest_f32(
          Int64(count), Int64(size), points.floats, Int64(nearest), indices.baseAddress, squares.floats, threads,
          scratch)
      }
      filled = count * nearest
    }
    return withExtendedLifetime(points) { (indices, squares) }
  }

  /// Rows of squared distances as distributions of a perplexity: float32 [rows, count].
  package static func affinities(_ squares: Tensor, perplexity: Double) -> Tensor {
    let p = Tensor(uninitialized: squares.shape, .float32)
    apus_affinities_f32(Int64(squares.shape[0]), Int64(squares.shape[1]), squares.floats, perplexity, p.floats)
    return withExtendedLifetime(squares) { p }
  }

  /// Of every pair: map [2, count] and affinities [count, count], both float32 or both float64.
  package static func mapForces(_ map: Tensor, affinities: Tensor, withLogs: Bool) -> MapForces {
    let (count, type) = (map.shape[1], map.scalarType)
    let forces = MapForces(
      attraction: Tensor(uninitialized: map.shape, type), repulsion: Tensor(uninitialized: map.shape, type),
      mass: Tensor(uninitialized: [count], type), logs: withLogs ? Tensor(uninitialized: [count], type) : nil)
    if type == .float64 {
      apus_map_forces_reference_f64(
        Int64(count), map.doubles, affinities.doubles, forces.attraction.doubles, forces.repulsion.doubles,
        forces.mass.doubles, forces.logs?.doubles)
    } else {
      apus_map_forces_f32(
        Int64(count), map.floats, affinities.floats, forces.attraction.floats, forces.repulsion.floats,
        forces.mass.floats, forces.logs?.floats)
    }
    return withExtendedLifetime((map, affinities)) { forces }
  }

  /// Attraction of the pairs that there are, repulsion of all by a quadtree; map [2, count] float32, 0 <= angle < 1/√2.
  package static func mapForces(_ map: Tensor, affinities: SparseAffinities, angle: Double, withLogs: Bool) -> MapForces
  {
    let count = map.shape[1]
    let forces = MapForces(
      attraction: Tensor(uninitialized: map.shape, .float32), repulsion: Tensor(uninitialized: map.shape, .float32),
      mass: Tensor(uninitialized: [count], .float32), logs: withLogs ? Tensor(uninitialized: [count], .float32) : nil)
    apus_map_attraction_f32(
      Int64(count), map.floats, affinities.starts, affinities.neighbors, affinities.values, forces.attraction.floats,
      forces.logs?.floats)
    withScratch(Int(apus_map_repulsion_scratch(Int64(count)))) { scratch in
      apus_map_repulsion_f32(Int64(count), map.floats, angle, forces.repulsion.floats, forces.mass.floats, scratch)
    }
    return withExtendedLifetime(map) { forces }
  }
}
