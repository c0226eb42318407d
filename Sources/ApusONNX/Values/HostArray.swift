/// A small array of numbers that the model reckons with while it runs, beside tensors: shapes, axes, indices, scales.
///
/// A value of any kind that is not float32 data; all whole-number types and booleans are `integers`.
struct HostArray: Hashable {
  enum Elements: Hashable {
    case integers([Int])
    case numbers([Double])
  }

  /// The most elements of one that is computed: what is larger is data.
  static let maximumCount = 1 << 20

  private(set) var shape: [Int]
  let elements: Elements

  /// - Throws: if the shape has another number of elements.
  init(_ elements: Elements, shape: [Int], limit: Int = maximumCount) throws(OperatorProblem) {
    self.elements = elements
    self.shape = shape
    guard try HostArray.count(shape, limit: limit) == count else {
      throw OperatorProblem("makes \(count) numbers of shape \(shape)")
    }
  }

  /// A vector.
  init(_ integers: [Int]) { (shape, elements) = ([integers.count], .integers(integers)) }

  /// A number without axes.
  init(scalar: Int) { (shape, elements) = ([], .integers([scalar])) }

  private init(unchecked elements: Elements, _ shape: [Int]) { (self.elements, self.shape) = (elements, shape) }

  var count: Int {
    switch elements {
    case .integers(let all): all.count
    case .numbers(let all): all.count
    }
  }

  /// The elements of a shape that a file or a computation asks for.
  static func count(_ shape: [Int], limit: Int = maximumCount) throws(OperatorProblem) -> Int {
    var count = 1
    for size in shape {
      if size < 0 { throw OperatorProblem("makes an axis of size \(size)") }
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow || product > limit { throw OperatorProblem("makes shape \(shape), of more than \(limit) elements") }
      count = product
    }
    return count
  }

  /// Whole numbers; others are cut towards 0.
  var integers: [Int] {
    switch elements {
    case .integers(let all): all
    case .numbers(let all): all.map(HostArray.whole)
    }
  }

  var numbers: [Double] {
    switch elements {
    case .integers(let all): all.map(Double.init)
    case .numbers(let all): all
    }
  }

  var isWhole: Bool { if case .integers = elements { true } else { false } }

  static func whole(_ x: Double) -> Int {
    if x.isNaN { return 0 }
    return x >= 0x1p63 ? .max : x <= -0x1p63 ? .min : Int(x)
  }

  func reshaped(_ shape: [Int]) throws(OperatorProblem) -> HostArray { try HostArray(elements, shape: shape) }

  /// The elements at `places`, in a shape of as many.
  func picking(_ places: [Int], shape: [Int]) -> HostArray {
    switch elements {
    case .integers(let all): HostArray(unchecked: .integers(places.map { all[$0] }), shape)
    case .numbers(let all): HostArray(unchecked: .numbers(places.map { all[$0] }), shape)
    }
  }

  func mapNumbers(_ function: (Double) -> Double) -> HostArray {
    HostArray(unchecked: .numbers(numbers.map(function)), shape)
  }

  func mapIntegers(_ function: (Int) -> Int) -> HostArray {
    HostArray(unchecked: .integers(integers.map(function)), shape)
  }

  // MARK: Axes

  static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return strides
  }

  /// Places of the elements that a view of a shape with these strides shows, in row-major order.
  static func places(_ shape: [Int], strides: [Int], offset: Int = 0) -> [Int] {
    var places = [offset]
    for (size, stride) in zip(shape, strides) {
      places = places.flatMap { place in (0..<size).map { place + $0 * stride } }
    }
    return places
  }

  func transposed(_ permutation: [Int]) -> HostArray {
    let (target, strides) = (permutation.map { shape[$0] }, HostArray.strides(shape))
    return picking(HostArray.places(target, strides: permutation.map { strides[$0] }), shape: target)
  }

  /// Repeated along axes of size 1 and new outer ones.
  func broadcast(to target: [Int]) throws(OperatorProblem) -> HostArray {
    if target == shape { return self }
    _ = try HostArray.count(target)
    let (own, before) = (HostArray.strides(shape), target.count - shape.count)
    var strides: [Int] = []
    for (axis, size) in target.enumerated() {
      let at = axis - before
      if at >= 0 && shape[at] != 1 && shape[at] != size {
        throw OperatorProblem("of shape \(shape) to \(target), which does not fit")
      }
      strides.append(at < 0 || shape[at] == 1 ? 0 : own[at])
    }
    return picking(HostArray.places(target, strides: strides), shape: target)
  }

  /// Arrays one after the other along an axis.
  static func concatenated(_ parts: [HostArray], axis: Int) throws(OperatorProblem) -> HostArray {
    let outer = parts[0].shape[..<axis].reduce(1, *)
    var target = parts[0].shape
    target[axis] = 0
    for part in parts {
      var expected = target
      if part.shape.count == target.count { expected[axis] = part.shape[axis] }
      if part.shape != expected {
        throw OperatorProblem("takes shapes that differ along axis \(axis) alone, but they are \(parts.map(\.shape))")
      }
      target[axis] += part.shape[axis]
    }
    _ = try count(target)
    let isWhole = parts.allSatisfy(\.isWhole)
    func joined<Number>(_ lists: [[Number]]) -> [Number] {
      (0..<outer).flatMap { row in
        lists.flatMap { list in list[row * list.count / outer..<(row + 1) * list.count / outer] }
      }
    }
    return try HostArray(
      isWhole ? .integers(joined(parts.map(\.integers))) : .numbers(joined(parts.map(\.numbers))), shape: target)
  }

  // MARK: Arithmetic

  /// The shape of operands after broadcasting as in NumPy.
  static func broadcast(_ a: [Int], _ b: [Int]) throws(OperatorProblem) -> [Int] {
    let rank = max(a.count, b.count)
    var result: [Int] = []
    for axis in 0..<rank {
      let (i, j) = (axis + a.count - rank, axis + b.count - rank)
      let (p, q) = (i < 0 ? 1 : a[i], j < 0 ? 1 : b[j])
      if p != q && p != 1 && q != 1 {
        throw OperatorProblem("takes shapes that broadcast, but they are \(a) and \(b)")
      }
      result.append(p == 1 ? q : p)
    }
    return result
  }

  /// Element by element with broadcasting: whole numbers if both operands are.
  static func combined(
    _ a: HostArray, _ b: HostArray, _ whole: (Int, Int) throws(OperatorProblem) -> Int,
    _ real: (Double, Double) -> Double
  ) throws(OperatorProblem) -> HostArray {
    let target = try broadcast(a.shape, b.shape)
    let (a, b) = (try a.broadcast(to: target), try b.broadcast(to: target))
    if case .integers(let left) = a.elements, case .integers(let right) = b.elements {
      var result: [Int] = []
      for (x, y) in zip(left, right) { result.append(try whole(x, y)) }
      return HostArray(unchecked: .integers(result), target)
    }
    return HostArray(unchecked: .numbers(zip(a.numbers, b.numbers).map(real)), target)
  }
}
