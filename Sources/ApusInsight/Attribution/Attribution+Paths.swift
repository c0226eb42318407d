import ApusCore
import ApusLayers
import ApusSupport

/// Gradients at many points: means over noise, and along a path.
extension Attribution {
  /// SmoothGrad, the mean gradient at noisy copies of the image: (1/n) Σ ∂f_c(x + ε) / ∂x, ε normal with deviation
  /// `noise` · (max x − min x) of each image: `[N, H, W, C]`. Smilkov et al. 2017, "SmoothGrad".
  ///
  /// - Parameters:
  ///   - samples: n.
  ///   - noise: share of the image's range; the paper takes 0.1 to 0.2.
  ///   - seed: an image has the same noise alone and in a batch.
  ///   - batchSize: copies that the model sees at a time.
  public static func smoothGradient(
    of model: some Layer, at x: Tensor, classes: [Int], samples: Int = 32, noise: Double = 0.15, seed: UInt64 = 0,
    batchSize: Int = 16
  ) throws -> Tensor {
    if samples < 1 || noise < 0 || !noise.isFinite {
      fatalError("smoothGradient of \(samples) samples with noise \(noise), expected at least 1, and 0 or more")
    }
    let asked = try AskedClasses(classes, of: model, at: x)
    let normal = (0..<samples).map {
      Tensor.normal(Shape(x.shape.dropFirst()), seed: seed, stream: RandomDomain.attribution + UInt64($0))
    }
    return perImage(x) { image, place in
      let range = (image.max() - image.min()) * noise
      return meanGradient(of: model, asked, place, points: samples, batchSize) { points in
        image + Tensor.stacked(points.map { normal[$0] }) * range
      }
    }
  }

  /// Integrated gradients, (x − x₀) ⊙ ∫₀¹ ∂f_c(x₀ + α (x − x₀)) / ∂x dα by the midpoint rule: `[N, H, W, C]`. Their sum over an image is
  /// f_c(x) − f_c(x₀), up to the rule's error. Sundararajan et al. 2017, "Axiomatic attribution for deep networks".
  ///
  /// - Parameters:
  ///   - baseline: x₀, of an image's shape, `[H, W, C]`; zeros by default, which is the mean of the training images where these were
  ///     normalized.
  ///   - steps: midpoints.
  ///   - batchSize: points that the model sees at a time.
  public static func integratedGradients(
    of model: some Layer, at x: Tensor, classes: [Int], baseline: Tensor? = nil, steps: Int = 64, batchSize: Int = 16
  ) throws -> Tensor {
    if steps < 1 { fatalError("integratedGradients in \(steps) steps, expected at least 1") }
    let asked = try AskedClasses(classes, of: model, at: x)
    let start = baseline ?? .zeros(Shape(x.shape.dropFirst()), x.scalarType)
    if start.shape != Shape(x.shape.dropFirst()) {
      throw AttributionError("a baseline \(start.shape), expected an image's shape, \(Shape(x.shape.dropFirst()))")
    }
    return perImage(x) { image, place in
      let way = image - start
      return way
        * meanGradient(of: model, asked, place, points: steps, batchSize) { points in
          let parts = points.map { (Double($0) + 0.5) / Double(steps) }
          return start + way * Tensor(parts, shape: [points.count, 1, 1, 1]).cast(to: x.scalarType)
        }
    }
  }

  private static func perImage(_ x: Tensor, _ map: (_ image: Tensor, _ place: Int) -> Tensor) -> Tensor {
    Tensor.concatenated((0..<x.shape[0]).map { map(x.slice(axis: 0, range: $0..<$0 + 1), $0) }, axis: 0)
  }

  /// Over points of one image, [1, H, W, C].
  private static func meanGradient(
    of model: some Layer, _ asked: AskedClasses, _ image: Int, points: Int, _ batchSize: Int,
    _ make: (Range<Int>) -> Tensor
  ) -> Tensor {
    if batchSize < 1 { fatalError("batches of \(batchSize) points, expected at least 1") }
    var sum: Tensor?
    for first in stride(from: 0, to: points, by: batchSize) {
      let range = first..<min(first + batchSize, points)
      let classes = asked.repeated(image, range.count)
      let gradients = gradient(of: model, at: make(range)) { $0.gather(classes, axis: 1) }.gradient
      let part = gradients.sum(axes: [0], keepingAxes: true)
      sum = sum.map { $0 + part } ?? part
    }
    return sum! / Double(points)
  }
}
