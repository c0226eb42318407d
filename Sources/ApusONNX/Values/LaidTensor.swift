import Apus

/// A tensor of the file's shape whose elements lie in another order: what the file transposes, reshapes or has channels-first is
/// kept as a note of where its axes are, and moved only by an operator that has no use for it as it lies.
///
/// Each axis of the file is a product of axes of `tensor`, the outermost first. Images, `[N, C, H, W]` in the file, are
/// `[[0], [3], [1], [2]]` here, flattened `[[0], [3, 1, 2]]`; an axis of size 1 may have none. Each axis of the tensor is in one
/// place.
struct LaidTensor {
  private(set) var tensor: Tensor
  private(set) var axes: [[Int]]

  init(_ tensor: Tensor, axes: [[Int]]) { (self.tensor, self.axes) = (tensor, axes) }

  /// As the file has it.
  init(_ tensor: Tensor) { self.init(tensor, axes: (0..<tensor.rank).map { [$0] }) }

  /// Axis i of the tensor is the file's axis `order[i]`.
  init(_ tensor: Tensor, order: [Int]) { self.init(tensor, axes: LaidTensor.axes(order)) }

  private static func axes(_ order: [Int]) -> [[Int]] { order.indices.map { [order.firstIndex(of: $0)!] } }

  /// The file's axes of images and the like in the order in which they are here: channels last.
  static func channelsLast(_ rank: Int) -> [Int] { [0] + Array(2..<rank) + [1] }

  /// In the file.
  var shape: [Int] { axes.map { $0.reduce(1) { $0 * tensor.shape[$1] } } }
  var rank: Int { axes.count }
  var isPlain: Bool { axes.elementsEqual((0..<tensor.rank).map { [$0] }) }

  /// Another tensor of the same shape, made element by element.
  func map(_ function: (consuming Tensor) -> Tensor) -> LaidTensor { LaidTensor(function(tensor), axes: axes) }

  /// The tensor's axes in the order of the file's.
  var placesInFileOrder: [Int] { axes.flatMap(\.self) }

  // MARK: In a given order

  /// The tensor as the file has it.
  var plain: Tensor { inOrder(Array(0..<rank)) }

  /// The tensor whose axis i is the file's axis `order[i]`.
  func inOrder(_ order: [Int]) -> Tensor {
    let target = Shape(order.map { shape[$0] })
    return LaidTensor.permuted(tensor, order.flatMap { axes[$0] }).reshaped(target)
  }

  /// Laid out so: for an operator that makes something of the same axes.
  func laid(_ order: [Int]) -> LaidTensor { LaidTensor(inOrder(order), order: order) }

  /// Where axes of size 1 alone change places nothing moves.
  private static func permuted(_ tensor: Tensor, _ permutation: [Int]) -> Tensor {
    let moving = permutation.filter { tensor.shape[$0] != 1 }
    if moving == moving.sorted() { return tensor.reshaped(Shape(permutation.map { tensor.shape[$0] })) }
    return tensor.transposed(permutation)
  }

  /// The file's axes in the order in which they lie; `nil` if some are mixed: flattened images. Those of size 1 are where they cost nothing.
  var order: [Int]? {
    if axes.contains(where: { list in list.count { tensor.shape[$0] != 1 } > 1 }) { return nil }
    func place(_ axis: Int) -> Int? { axes[axis].first { tensor.shape[$0] != 1 } ?? axes[axis].first }
    let placed = axes.indices.filter { place($0) != nil }.sorted { place($0)! < place($1)! }
    return axes.indices.filter { place($0) == nil } + placed
  }

  // MARK: Movement that moves nothing

  func transposed(_ permutation: [Int]) -> LaidTensor { LaidTensor(tensor, axes: permutation.map { axes[$0] }) }

  func insertingAxis(at place: Int) -> LaidTensor {
    var axes = axes
    axes.insert([], at: place)
    return LaidTensor(tensor, axes: axes)
  }

  /// With new outer axes of size 1, as broadcasting has them.
  func withRank(_ rank: Int) -> LaidTensor {
    LaidTensor(tensor, axes: Array(repeating: [], count: max(0, rank - axes.count)) + axes)
  }

  /// Without axes of size 1.
  func removing(_ gone: Set<Int>) -> LaidTensor {
    let dropped = Set(gone.flatMap { axes[$0] })
    let kept = tensor.shape.indices.filter { !dropped.contains($0) }
    let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
    return LaidTensor(
      tensor.reshaped(Shape(kept.map { tensor.shape[$0] })),
      axes: axes.indices.filter { !gone.contains($0) }.map { axes[$0].map { places[$0]! } })
  }

  /// Another shape of as many elements.
  ///
  /// The axes of both shapes fall into the smallest groups of equal products. Axes that become one stay where they are; what becomes
  /// several must lie together, which it does for channels that are split into groups, or is moved.
  func reshaped(_ target: [Int]) -> LaidTensor {
    let flat = placesInFileOrder
    let sizes = flat.map { tensor.shape[$0] }
    guard let groups = LaidTensor.groups(sizes, target) else { return LaidTensor(plain.reshaped(Shape(target))) }
    var parts = tensor.shape.indices.map { [(id: Part.old($0), size: tensor.shape[$0])] }
    var made: [[Part]] = Array(repeating: [], count: target.count)
    for (old, new) in groups {
      let places = old.map { flat[$0] }
      if new.count == 1 {
        made[new.lowerBound] = places.map(Part.old)
        continue
      }
      let moving = places.filter { tensor.shape[$0] != 1 }
      for place in places { parts[place] = [] }
      guard let first = moving.first else { continue }
      if moving != Array(first..<first + moving.count) { return LaidTensor(plain.reshaped(Shape(target))) }
      let split = new.filter { target[$0] != 1 }
      parts[first] = split.map { (.new($0), target[$0]) }
      for axis in split { made[axis] = [.new(axis)] }
    }
    let pieces = parts.flatMap(\.self)
    if pieces.count > Shape.maximumRank { return LaidTensor(plain.reshaped(Shape(target))) }
    let places = Dictionary(uniqueKeysWithValues: pieces.enumerated().map { ($1.id, $0) })
    return LaidTensor(
      tensor.reshaped(Shape(pieces.map(\.size))), axes: made.map { $0.map { places[$0]! } }
    ).joiningNeighbors()
  }

  private enum Part: Hashable {
    case old(Int)
    case new(Int)
  }

  /// The smallest runs of both lists of equal products, or `nil` if there is no element at all.
  private static func groups(_ old: [Int], _ new: [Int]) -> [(old: Range<Int>, new: Range<Int>)]? {
    if old.contains(0) { return nil }
    var groups: [(old: Range<Int>, new: Range<Int>)] = []
    var (i, j) = (0, 0)
    while i < old.count && j < new.count {
      let (firstOld, firstNew) = (i, j)
      var (a, b) = (old[i], new[j])
      (i, j) = (i + 1, j + 1)
      while a != b {
        if a < b {
          a *= old[i]
          i += 1
        } else {
          b *= new[j]
          j += 1
        }
      }
      groups.append((firstOld..<i, firstNew..<j))
    }
    // What is left are ones, without a partner.
    if i < old.count, let last = groups.popLast() { groups.append((last.old.lowerBound..<old.count, last.new)) }
    if i < old.count && groups.isEmpty { groups.append((0..<old.count, 0..<0)) }
    if j < new.count { groups.append((old.count..<old.count, j..<new.count)) }
    return groups
  }

  /// Axes of the tensor that are neighbors in one axis of the file become one.
  private func joiningNeighbors() -> LaidTensor {
    guard axes.contains(where: { list in zip(list, list.dropFirst()).contains { $1 == $0 + 1 } }) else { return self }
    var joined = Set<Int>()
    for list in axes { for (a, b) in zip(list, list.dropFirst()) where b == a + 1 { joined.insert(b) } }
    var (sizes, places): ([Int], [Int]) = ([], [])
    for (place, size) in tensor.shape.enumerated() {
      if joined.contains(place) { sizes[sizes.count - 1] *= size } else { sizes.append(size) }
      places.append(sizes.count - 1)
    }
    return LaidTensor(
      tensor.reshaped(Shape(sizes)), axes: axes.map { list in list.filter { !joined.contains($0) }.map { places[$0] } })
  }

  // MARK: Two operands

  /// Both with the same number of axes and those in one order, that of the larger operand, so that an operation with broadcasting fits:
  /// the tensors, and what their result is made of.
  static func aligned(_ a: LaidTensor, _ b: LaidTensor) -> (a: Tensor, b: Tensor, axes: [[Int]]) {
    if a.axes == b.axes && a.tensor.shape == b.tensor.shape { return (a.tensor, b.tensor, a.axes) }
    let rank = max(a.rank, b.rank)
    let (a, b) = (a.withRank(rank), b.withRank(rank))
    let leader = a.tensor.elementCount >= b.tensor.elementCount ? a : b
    let order = leader.order ?? Array(0..<rank)
    return (a.inOrder(order), b.inOrder(order), axes(order))
  }
}
