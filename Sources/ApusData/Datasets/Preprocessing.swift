import ApusCore
import ApusSupport

/// The mean image of a training set, [H, W, C], which AlexNet subtracts; VGG subtracts a mean a channel, ResNet also divides by a
/// deviation: those two are `Normalization`.
public struct MeanImage: Sendable {
  /// float32 [H, W, C], of the bytes divided by 255.
  package let mean: Tensor

  /// Of the images of `dataset` at `indices`; sums are exact. Traps if there are none.
  public init(of dataset: ImageDataset, at indices: [Int32]) {
    if indices.isEmpty { fatalError("MeanImage of no images") }
    let size = dataset.height * dataset.width * dataset.channels
    var sums = [UInt64](repeating: 0, count: size)
    dataset.images.withUnsafeScalars(of: UInt8.self) { bytes in
      for index in indices {
        for (position, byte) in bytes[Int(index) * size..<(Int(index) + 1) * size].enumerated() {
          sums[position] += UInt64(byte)
        }
      }
    }
    mean = Tensor(
      sums.map { Float(Double($0) / Double(indices.count) / 255) },
      shape: [dataset.height, dataset.width, dataset.channels])
  }

  /// uint8 [N, H, W, C] to float32: byte / 255 − mean.
  public func callAsFunction(_ images: Tensor) -> Tensor {
    if images.scalarType != .uint8 || images.rank != 4 || Shape(images.shape.dropFirst()) != mean.shape {
      fatalError("a mean image of \(mean.shape) was given \(images.scalarType) \(images.shape)")
    }
    return images.cast(to: .float32) / 255 - mean
  }
}
