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

/// Principal components of rows, and whitening: rotates the rows to axes without correlation and gives each axis variance 1. "In
/// practice uncommon" with images, as the lectures say. Computed in double precision, D³ operations for rows of D numbers.
public struct PrincipalComponents: Sendable {
  /// [D], of the rows.
  package let mean: Tensor
  /// [D, D]: row k is the axis of the k-th largest variance.
  public let components: Tensor
  /// [D], largest first; of the population.
  public let variances: [Double]

  /// Of x [N, D]. Traps unless it has two rows or more.
  public init(of x: Tensor) {
    guard x.rank == 2, x.shape[0] > 1, x.shape[1] > 0 else {
      fatalError("PrincipalComponents takes rows [N, D], at least two; these are \(x.shape)")
    }
    let (rows, size) = (x.shape[0], x.shape[1])
    let wide = x.cast(to: .float64)
    let center = wide.mean(axes: [0])
    let distances = wide - center
    let covariance = (matmul(distances.transposed(), distances) / Double(rows)).array(of: Double.self)
    let eigen = SymmetricEigen((0..<size).map { Array(covariance[$0 * size..<($0 + 1) * size]) })
    mean = center
    components = Tensor(eigen.vectors.flatMap { $0 }, shape: [size, size])
    variances = eigen.values.map { max(0, $0) }
  }

  /// x [N, D] along the first `count` components: [N, count].
  public func projected(_ x: Tensor, count: Int? = nil) -> Tensor {
    let axes = components.slice(axis: 0, range: 0..<(count ?? components.shape[0]))
    return matmul(x.cast(to: .float64) - mean, axes.transposed()).cast(to: x.scalarType)
  }

  /// Rows whose covariance is the identity: projected / √(variance + epsilon). With `zca` rotated back, which changes the rows least.
  public func whitened(_ x: Tensor, epsilon: Double = 1e-8, zca: Bool = false) -> Tensor {
    let scale = scale(epsilon)
    let white = matmul(x.cast(to: .float64) - mean, components.transposed()) * scale
    return (zca ? matmul(white, components) : white).cast(to: x.scalarType)
  }

  /// The same as one matrix W [D, D], float64: (x − mean) · W.
  package func whitening(epsilon: Double, zca: Bool) -> Tensor {
    let white = components.transposed() * scale(epsilon)
    return zca ? matmul(white, components) : white
  }

  private func scale(_ epsilon: Double) -> Tensor {
    if !(epsilon >= 0) { fatalError("whitening with epsilon \(epsilon)") }
    return Tensor(variances.map { 1 / ($0 + epsilon).squareRoot() }, shape: [variances.count])
  }
}
