import ApusSupport

/// Which neighbors of a pixel are joined to it.
public enum Connectivity: Hashable, Sendable {
  /// Those above, below, left and right.
  case four
  /// These, and the diagonal ones.
  case eight
}

/// The regions of joined pixels of an image, numbered from 1 in the order of their first pixels, row by row.
public struct ConnectedComponents: Hashable, Sendable {
  /// One region.
  public struct Component: Hashable, Sendable {
    /// Number of its pixels.
    public internal(set) var area: Int
    /// The smallest box around its pixels.
    public internal(set) var box: Box
    /// The mean of its pixels' places.
    public internal(set) var centroid: Point
  }

  /// The region of each pixel, row by row; 0 is background.
  public let labels: [Int32]
  /// The regions; the first one has the label 1.
  public let components: [Component]
}

extension Image {
  /// The regions of joined pixels that are not 0, of an image of one channel: OpenCV's `connectedComponentsWithStats`.
  public func connectedComponents(_ connectivity: Connectivity = .eight) -> ConnectedComponents {
    requireMask("connectedComponents")
    var labels = [Int32](repeating: 0, count: height * width)
    var sets = DisjointSets()
    // Pixels before this one that are joined to it, by row and column.
    let before = connectivity == .four ? [(0, -1), (-1, 0)] : [(0, -1), (-1, -1), (-1, 0), (-1, 1)]
    for y in 0..<height {
      for x in 0..<width where pixels[y * width + x] != 0 {
        var label: Int32 = 0
        for (dy, dx) in before where y + dy >= 0 && (0..<width).contains(x + dx) {
          let other = labels[(y + dy) * width + x + dx]
          if other != 0 { label = label == 0 ? sets.root(of: other) : sets.join(label, other) }
        }
        labels[y * width + x] = label == 0 ? sets.add() : label
      }
    }
    return ConnectedComponents(labels: sets.numbered(labels), width: width)
  }

  func requireMask(_ operation: String) {
    if channels != 1 { fatalError("\(operation) of an image of \(channels) channels, expected one: a mask") }
  }
}

extension ConnectedComponents {
  /// Measures regions that are numbered from 1.
  fileprivate init(labels: [Int32], width: Int) {
    struct Sums {
      var area = 0
      var (x, y) = (0, 0)
      var (left, right, top, bottom) = (Int.max, 0, Int.max, 0)
    }
    var sums = [Sums](repeating: Sums(), count: Int(labels.max() ?? 0))
    for (index, label) in labels.enumerated() where label != 0 {
      let (y, x) = (index / width, index % width)
      let place = Int(label) - 1
      sums[place].area += 1
      sums[place].x += x
      sums[place].y += y
      sums[place].left = min(sums[place].left, x)
      sums[place].right = max(sums[place].right, x + 1)
      sums[place].top = min(sums[place].top, y)
      sums[place].bottom = max(sums[place].bottom, y + 1)
    }
    self.labels = labels
    components = sums.map { sum in
      Component(
        area: sum.area,
        box: Box(left: Float(sum.left), top: Float(sum.top), right: Float(sum.right), bottom: Float(sum.bottom)),
        centroid: Point(x: Float(Double(sum.x) / Double(sum.area)), y: Float(Double(sum.y) / Double(sum.area))))
    }
  }
}

/// Provisional labels, from 1, and which of them are of one region (Rosenfeld and Pfaltz 1966, "Sequential operations in digital
/// picture processing").
private struct DisjointSets {
  private var parent: [Int32] = [0]

  mutating func add() -> Int32 {
    parent.append(Int32(parent.count))
    return Int32(parent.count - 1)
  }

  /// The smallest label of the region. Halves the way there.
  mutating func root(of label: Int32) -> Int32 {
    var label = label
    while parent[Int(label)] != label {
      parent[Int(label)] = parent[Int(parent[Int(label)])]
      label = parent[Int(label)]
    }
    return label
  }

  mutating func join(_ a: Int32, _ b: Int32) -> Int32 {
    let (first, second) = (root(of: a), root(of: b))
    parent[Int(max(first, second))] = min(first, second)
    return min(first, second)
  }

  /// Labels from 1 without gaps, in the order in which regions begin.
  mutating func numbered(_ labels: [Int32]) -> [Int32] {
    var numbers = [Int32](repeating: 0, count: parent.count)
    var count: Int32 = 0
    // A root is the smallest label of its region, so that it comes first.
    for label in parent.indices.dropFirst() where parent[label] == label {
      count += 1
      numbers[label] = count
    }
    return labels.map { numbers[Int(root(of: $0))] }
  }
}
