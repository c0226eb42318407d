import ApusCore
import ApusLayers
import ApusSupport

/// Images that make a number inside a network large: feature visualization from noise, deep dream from a photograph.
///
/// ```swift
/// let noise = Tensor.normal([1, 32, 32, 1], seed: 1, stream: 0) * 0.1
/// let (image, objective) = try ActivationAscent().image(for: .score(class: 3), of: model, from: noise)
/// ```
/// Gradient ascent in inference on J(x) = a(x) − smoothness · Σ |x(i) − x(j)|² / n, over pixels i, j that are neighbors and all n numbers
/// of the image. A step is `stepSize` long, in the root mean square of what changes, and is halved until J does not fall: so J never
/// falls. D. Erhan et al., "Visualizing higher-layer features of a deep network", 2009; K. Simonyan et al., "Deep inside convolutional
/// networks", 2014; C. Olah et al., "Feature Visualization", Distill, 2017.
public struct ActivationAscent: Sendable {
  /// A step that is so often halved is below what float32 tells apart.
  private static let mostHalvings = 12

  private let steps: Int
  private let stepSize: Double
  private let jitter: Int
  private let smoothness: Double
  private let norm: Double?
  private let octaves: Int
  private let octaveScale: Double
  private let seed: UInt64

  /// Traps where a setting has no meaning.
  ///
  /// - Parameters:
  ///   - steps: in each octave.
  ///   - stepSize: root mean square of a step, in units of the network's input.
  ///   - jitter: gradients are taken of the image moved by up to so many pixels, around its edges, at random.
  ///   - smoothness: how much differences between neighboring pixels count against the activation. A. Mahendran and A. Vedaldi,
  ///     "Understanding deep image representations by inverting them", 2015, with β = 2.
  ///   - norm: the image's largest Euclidean norm, to which it is scaled down after a step.
  ///   - octaves: sizes of the image, each `octaveScale` times the one before, the last its own: what the smaller ones have added is
  ///     enlarged and goes on. For networks that take any size.
  ///   - seed: of the jitter.
  public init(
    steps: Int = 100, stepSize: Double = 0.05, jitter: Int = 0, smoothness: Double = 0, norm: Double? = nil,
    octaves: Int = 1, octaveScale: Double = 1.4, seed: UInt64 = 0
  ) {
    if steps < 1 || octaves < 1 || jitter < 0 {
      fatalError("ActivationAscent of \(steps) steps, \(octaves) octaves and jitter \(jitter): at least 1, 1 and 0")
    }
    if !(stepSize > 0 && stepSize.isFinite && smoothness >= 0 && smoothness.isFinite) {
      fatalError("ActivationAscent with step size \(stepSize) and smoothness \(smoothness): above 0, and 0 or above")
    }
    if let norm, !(norm > 0 && norm.isFinite) { fatalError("ActivationAscent with norm \(norm): above 0") }
    if !(octaveScale > 1 && octaveScale.isFinite) {
      fatalError("ActivationAscent with octave scale \(octaveScale): above 1")
    }
    (self.steps, self.stepSize, self.jitter, self.smoothness) = (steps, stepSize, jitter, smoothness)
    (self.norm, self.octaves, self.octaveScale, self.seed) = (norm, octaves, octaveScale, seed)
  }

  /// The image that the ascent from `start` [1, H, W, C] ends with, of its shape, and J before the first step and after each of an
  /// octave, a list per octave; shorter than `steps` where no step is left that raises it.
  ///
  /// - Throws: `PathError` for a path that is no layer; `PlanError` if an octave's size does not fit the model; `AttributionError` if the
  ///   target is no part of what the layer gives, or does not depend on the image where the ascent begins.
  public func image(for target: ActivationTarget, of model: some Layer, from start: Tensor) throws -> (
    image: Tensor, objective: [[Double]]
  ) {
    if start.rank != 4 || start.shape[0] != 1 {
      fatalError("ActivationAscent takes one image [1, H, W, C]; this is \(start.shape)")
    }
    var image = start
    var base = start
    var objective: [[Double]] = []
    for octave in 0..<octaves {
      let (height, width) = (size(start.shape[1], octave), size(start.shape[2], octave))
      let detail = image - base
      base = resize2d(start, height: height, width: width, antialias: true)
      image = octave == 0 ? base : base + resize2d(detail, height: height, width: width)
      try target.check(model, input: Shape(image.shape.dropFirst()))
      let pass = AscentPass(target, of: model, smoothness: smoothness)
      let values: [Double]
      (image, values) = try ascended(bounded(image), by: pass, octave: octave)
      objective.append(values)
    }
    return (image, objective)
  }

  private func ascended(_ start: Tensor, by pass: AscentPass<some Layer>, octave: Int) throws -> (Tensor, [Double]) {
    var image = start
    var values = [pass.value(at: image)]
    var length = stepSize
    for step in 0..<steps {
      let (down, right) = shift(step: octave * steps + step)
      let gradient = try pass.gradient(at: image.rolled(down: down, right: right)).rolled(down: -down, right: -right)
      let size = gradient.cast(to: .float64).square().mean().item().squareRoot()
      if !(size > 0 && size.isFinite) {
        if values.count == 1 {
          throw AttributionError(
            "the image does not move the target: its gradient is \(size == 0 ? "0" : "not finite"); begin with another image or seed"
          )
        }
        break
      }
      var isRaised = false
      for _ in 0..<ActivationAscent.mostHalvings where !isRaised {
        let candidate = bounded(image + gradient * (length / size))
        let value = pass.value(at: candidate)
        if value > values[values.count - 1] {
          (image, isRaised) = (candidate, true)
          values.append(value)
        } else {
          length /= 2
        }
      }
      // Moved differently, the next gradient may still lead up.
      if !isRaised && jitter == 0 { break }
      length = isRaised ? min(stepSize, 2 * length) : stepSize
    }
    return (image, values)
  }

  private func size(_ whole: Int, _ octave: Int) -> Int {
    var size = Double(whole)
    for _ in octave..<octaves - 1 { size /= octaveScale }
    return max(1, Int(size.rounded()))
  }

  private func bounded(_ image: Tensor) -> Tensor {
    guard let norm else { return image }
    let length = image.cast(to: .float64).square().sum().item().squareRoot()
    return length > norm ? image * (norm / length) : image
  }

  private func shift(step: Int) -> (down: Int, right: Int) {
    if jitter == 0 { return (0, 0) }
    let bits = Random.bits(seed: seed, stream: RandomDomain.dreams, first: UInt64(2 * step), count: 2)
    let moved = bits.map { Int($0 % UInt32(2 * jitter + 1)) - jitter }
    return (moved[0], moved[1])
  }
}

/// The objective of an ascent, and its gradient.
private struct AscentPass<Model: Layer> {
  private let target: ActivationTarget
  private let model: Model
  private let smoothness: Double

  init(_ target: ActivationTarget, of model: Model, smoothness: Double) {
    (self.target, self.model, self.smoothness) = (target, model, smoothness)
  }

  func value(at image: Tensor) -> Double {
    let scope = Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0))
    scope.model = model
    return scope.run { objective(image).item() }
  }

  func gradient(at image: Tensor) throws -> Tensor {
    try valueWithGradients(of: model, at: [image], places: [], in: .inference) { objective($0[0]) }.inputs[0]
  }

  private func objective(_ image: Tensor) -> Tensor {
    let activation = target.value(of: result(image))
    return smoothness == 0 ? activation : activation - roughness(image) * smoothness
  }

  private func result(_ image: Tensor) -> Tensor {
    guard let path = target.path, let scope = Scope.current else { return model(image) }
    let catcher = ResultCatcher([path])
    scope.add(catcher)
    _ = model(image)
    guard let result = catcher.results[path] else { fatalError("\(path) was called when planned, and is not any more") }
    return result
  }

  private func roughness(_ image: Tensor) -> Tensor {
    let differences = [1, 2].map { axis in
      image.slice(axis: axis, range: 1..<image.shape[axis])
        - image.slice(axis: axis, range: 0..<image.shape[axis] - 1)
    }
    return (differences[0].square().sum() + differences[1].square().sum()) / Double(image.elementCount)
  }
}

extension Tensor {
  /// Images [N, H, W, C] moved around their edges.
  fileprivate func rolled(down: Int, right: Int) -> Tensor {
    [(1, down), (2, right)].reduce(self) { image, move in
      let (axis, size) = (move.0, image.shape[move.0])
      let cut = ((-move.1) % size + size) % size
      if cut == 0 { return image }
      return Tensor.concatenated(
        [image.slice(axis: axis, range: cut..<size), image.slice(axis: axis, range: 0..<cut)], axis: axis)
    }
  }
}
