import ApusSupport

/// vᵀ·J of a function at x, where J[i, j] = ∂f(x)[i] / ∂x[j]: one forward and one backward pass.
///
/// - Parameter vector: of the result's shape.
/// - Returns: f(x), and the product, of x's shape.
public func vectorJacobianProduct(
  at x: Tensor, _ vector: Tensor, in phase: Phase = .training, key: RandomKey? = nil,
  _ function: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, product: Tensor) {
  var value: Tensor?
  let (_, product) = try valueWithGradient(at: x, in: phase, key: key) { x in
    let y = try function(x)
    if y.shape != vector.shape {
      fatalError("vectorJacobianProduct: the vector's shape is \(vector.shape), the function's result has \(y.shape)")
    }
    value = y.detached()
    return (y * vector).sum()
  }
  return (value!, product)
}

/// The Jacobian of a function at x: ∂f(x)[i…] / ∂x[j…], of shape [i…, j…]. One forward and backward pass per element of the result:
/// for small functions. Random masks are the same in each.
public func jacobian(
  at x: Tensor, in phase: Phase = .training, key: RandomKey = RandomKey(seed: 0, step: 0),
  _ function: (Tensor) throws -> Tensor
) rethrows -> Tensor {
  var rows: [Tensor] = []
  var shape: Shape?
  while rows.count < shape?.elementCount ?? 1 {
    let (_, row) = try valueWithGradient(at: x, in: phase, key: key) { x in
      let y = try function(x)
      shape = y.shape
      return y.reshaped([y.elementCount])[rows.count]
    }
    rows.append(row)
  }
  return Tensor.stacked(rows, axis: 0).reshaped(Shape(Array(shape!) + Array(x.shape)))
}

/// J·v of a function at x: how f(x) changes along v.
///
/// By central differences in float64, of two steps so that their errors of second order cancel, with every ReLU and max pooling
/// deciding as it does at x: the derivative of the piece that x lies in, to about 1e-10 of its size.
///
/// - Parameter vector: of x's shape.
/// - Returns: the product, float64, of the result's shape.
public func jacobianVectorProduct(
  at x: Tensor, _ vector: Tensor, in phase: Phase = .training, key: RandomKey = RandomKey(seed: 0, step: 0),
  _ function: (Tensor) throws -> Tensor
) rethrows -> Tensor {
  requireDirection(vector.shape, x.shape, "jacobianVectorProduct")
  let x = x.detached().cast(to: .float64)
  let vector = vector.detached().cast(to: .float64)
  return try differences(along: [(x, vector)]) { decisions, step in
    let scope = Scope(mode: .plain, phase: phase.updating(state: false), key: key, precision: .float64)
    scope.decisions = decisions
    return try scope.run { [try function(x + vector * step).detached()] }
  }[0]
}

/// H·v of a scalar function at x, where H[i, j] = ∂²f(x) / ∂x[i]∂x[j]: differences of gradients, as `jacobianVectorProduct` makes
/// them; two gradients a step, four altogether.
///
/// - Returns: the product, float64, of x's shape.
public func hessianVectorProduct(
  at x: Tensor, _ vector: Tensor, in phase: Phase = .training, key: RandomKey = RandomKey(seed: 0, step: 0),
  _ function: (Tensor) throws -> Tensor
) rethrows -> Tensor {
  requireDirection(vector.shape, x.shape, "hessianVectorProduct")
  let x = x.detached().cast(to: .float64)
  let vector = vector.detached().cast(to: .float64)
  return try differences(along: [(x, vector)]) { decisions, step in
    let tape = Tape()
    let scope = Scope(recording: tape, phase.updating(state: false), key, precision: .float64)
    scope.recordsParameters = false
    scope.decisions = decisions
    return try scope.run {
      let moved = x + vector * step
      let loss = try function(tape.leaf(moved))
      _ = scope.beginBackward(from: loss)
      return [tape.gradients(of: loss).inputs[0] ?? .zeros(x.shape, .float64)]
    }
  }[0]
}

/// H·v of a model's loss, over its trainable parameters: `direction` has a tensor for each parameter that moves, such as the gradients
/// themselves; the others stand still. As `hessianVectorProduct(at:_:in:key:_:)`.
///
/// - Returns: the product, float64, for every parameter that the loss reads.
public func hessianVectorProduct(
  of model: some Model, along direction: Gradients, in phase: Phase = .training,
  key: RandomKey = RandomKey(seed: 0, step: 0), _ body: () throws -> Tensor
) rethrows -> Gradients {
  let moved = direction.all.map { parameter, vector in
    (parameter, parameter.ownValue.cast(to: .float64), vector.detached().cast(to: .float64))
  }
  var read: [Parameter] = []
  let products = try differences(along: moved.map { ($0.1, $0.2) }) { decisions, step in
    let tape = Tape()
    let scope = Scope(recording: tape, phase.updating(state: false), key, precision: .float64)
    scope.model = model
    scope.decisions = decisions
    return try scope.run {
      for (parameter, value, vector) in moved {
        scope.overrides[ObjectIdentifier(parameter)] = value + vector * step
      }
      let loss = try body()
      _ = scope.beginBackward(from: loss)
      let gradients = tape.gradients(of: loss).parameters
      if read.isEmpty { read = gradients.all.map(\.parameter) }
      return read.map { gradients[$0] ?? .zeros($0.shape, .float64) }
    }
  }
  var result = Gradients()
  for (parameter, product) in zip(read, products) { result.add(product, for: parameter) }
  return result
}

private func requireDirection(_ vector: Shape, _ x: Shape, _ name: String) {
  if vector != x { fatalError("\(name): the vector's shape is \(vector), that of x is \(x)") }
}

/// The derivative of `evaluate` by the step, at 0: (4·D(h/2) − D(h)) / 3 with D(h) = (f(h) − f(−h)) / 2h, whose error is of the fourth
/// order. h moves the values by 2⁻¹⁰ of their own size. The first evaluation, at 0, decides ReLUs and maxima for all.
private func differences(
  along values: [(value: Tensor, vector: Tensor)], _ evaluate: (Decisions, Double) throws -> [Tensor]
) rethrows -> [Tensor] {
  func norm(_ tensors: [Tensor]) -> Double {
    withPrecision(.float64) { tensors.reduce(0) { $0 + $1.square().sum().item() }.squareRoot() }
  }
  let decisions = Decisions()
  let here = try evaluate(decisions, 0)
  let (size, length) = (norm(values.map(\.value)), norm(values.map(\.vector)))
  if length == 0 { return here.map { .zeros($0.shape, .float64) } }
  let step = (size > 0 ? size : Double(values.reduce(0) { $0 + $1.value.elementCount }).squareRoot()) / length / 1024
  func central(_ step: Double) throws -> [Tensor] {
    decisions.follow()
    let ahead = try evaluate(decisions, step)
    decisions.follow()
    let behind = try evaluate(decisions, -step)
    return withPrecision(.float64) { zip(ahead, behind).map { ($0 - $1) * (0.5 / step) } }
  }
  let (coarse, fine) = (try central(step), try central(step / 2))
  return withPrecision(.float64) { zip(coarse, fine).map { ($1 * 4 - $0) * (1 / 3.0) } }
}
