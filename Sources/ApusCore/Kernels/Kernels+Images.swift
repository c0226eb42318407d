import ApusSupport
import CApus

extension Kernels {
  /// The bytes `[height, width, channels]` of an image scaled by a table of each axis: see apus/image_resize.h. On the calling thread,
  /// since images are scaled on threads that must not enter parallel regions.
  package static func resized(
    _ pixels: [UInt8], height: Int, width: Int, channels: Int, down: ResampleTable, across: ResampleTable
  ) -> [UInt8] {
    let (rows, columns) = (down.weights.map { Float($0) }, across.weights.map { Float($0) })
    return down.first.withUnsafeBufferPointer { firstRows in
      across.first.withUnsafeBufferPointer { firstColumns in
        rows.withUnsafeBufferPointer { rows in
          columns.withUnsafeBufferPointer { columns in
            var shape = apus_image_resize(
              height: Int64(height), width: Int64(width), stride: Int64(width * channels), channels: Int32(channels),
              down: apus_taps(
                size: Int64(down.outputs), taps: Int64(down.taps), first: firstRows.baseAddress,
                weights: rows.baseAddress),
              across: apus_taps(
                size: Int64(across.outputs), taps: Int64(across.taps), first: firstColumns.baseAddress,
                weights: columns.baseAddress))
            var error = apus_error()
            if apus_image_resize_check(&shape, &error) != APUS_OK { failed("scaling an image", error) }
            let count = down.outputs * across.outputs * channels
            return [UInt8](unsafeUninitializedCapacity: count) { output, written in
              withUnsafeTemporaryAllocation(byteCount: apus_image_resize_scratch(&shape), alignment: 64) { scratch in
                apus_image_resize_run(&shape, pixels, output.baseAddress, scratch.baseAddress)
              }
              written = count
            }
          }
        }
      }
    }
  }
}
