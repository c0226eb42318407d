/// Places of a graph's boxes: in layers from top to bottom, each below all that it reads (Sugiyama, Tagawa and Toda 1981). An arrow over
/// several layers has a place of its own in each of them, so that it goes around the boxes.
struct NetworkLayout {
  /// A box, or where an arrow crosses a layer.
  struct Vertex {
    /// `nil` where an arrow crosses.
    let node: Int?
    let layer: Int
    let width: Double
    var x = 0.0
    /// Vertices of the layer above, and of the layer below.
    var above: [Int] = []
    var below: [Int] = []
  }

  private(set) var vertices: [Vertex] = []
  /// Vertices of each layer, from left to right.
  private(set) var layers: [[Int]] = []
  /// For each node, by source: the vertices from the source to the node.
  private(set) var routes: [[[Int]]] = []

  private static let gap = 26.0

  /// - Parameter widths: of the nodes' boxes.
  init(sources: [[Int]], widths: [Double]) {
    var depths: [Int] = []
    for sources in sources { depths.append(1 + (sources.map { depths[$0] }.max() ?? -1)) }
    // What reads nothing stands right above its first reader: a constant far above would have a long arrow.
    for node in sources.indices where sources[node].isEmpty {
      let readers = sources.indices.filter { sources[$0].contains(node) }
      depths[node] = max(0, (readers.map { depths[$0] }.min() ?? 1) - 1)
    }
    layers = [[Int]](repeating: [], count: (depths.max() ?? -1) + 1)
    for node in sources.indices { add(node, layer: depths[node], width: widths[node]) }
    for node in sources.indices {
      routes.append(sources[node].map { connect($0, node) })
    }
    order()
    place(spine: NetworkLayout.spine(sources, depths))
  }

  var width: Double {
    (vertices.map { $0.x + $0.width / 2 }.max() ?? 0) - (vertices.map { $0.x - $0.width / 2 }.min() ?? 0)
  }

  private mutating func add(_ node: Int?, layer: Int, width: Double) {
    layers[layer].append(vertices.count)
    vertices.append(Vertex(node: node, layer: layer, width: width))
  }

  /// Vertices have the numbers of their nodes: those come first.
  private mutating func connect(_ source: Int, _ node: Int) -> [Int] {
    var route = [source]
    for layer in vertices[source].layer + 1..<vertices[node].layer {
      add(nil, layer: layer, width: 14)
      route.append(vertices.count - 1)
    }
    route.append(node)
    for (upper, lower) in zip(route, route.dropFirst()) {
      vertices[upper].below.append(lower)
      vertices[lower].above.append(upper)
    }
    return route
  }

  /// Few crossings: each vertex at the mean place of its neighbors, in sweeps down and up.
  private mutating func order() {
    for sweep in 0..<8 {
      let isDown = sweep % 2 == 0
      for layer in isDown ? Array(layers.indices) : layers.indices.reversed() {
        var ranks: [Int: Double] = [:]
        for other in [layer - 1, layer + 1] where layers.indices.contains(other) {
          for (rank, vertex) in layers[other].enumerated() { ranks[vertex] = Double(rank) }
        }
        let keys = layers[layer].enumerated().map { rank, vertex -> (key: Double, rank: Int, vertex: Int) in
          let neighbors = isDown ? vertices[vertex].above : vertices[vertex].below
          let mean =
            neighbors.isEmpty ? Double(rank) : neighbors.reduce(0) { $0 + ranks[$1]! } / Double(neighbors.count)
          return (mean, rank, vertex)
        }
        layers[layer] = keys.sorted { ($0.key, $0.rank) < ($1.key, $1.rank) }.map(\.vertex)
      }
    }
  }

  /// Straight arrows: the spine stands in the middle, and each other vertex as near to its neighbors as the order and the boxes' widths
  /// allow.
  private mutating func place(spine: Set<Int>) {
    for sweep in 0..<12 {
      for layer in sweep % 2 == 0 ? Array(layers.indices) : layers.indices.reversed() {
        let wanted = layers[layer].map { vertex -> (x: Double, weight: Double) in
          if spine.contains(vertex) { return (0, 1e6) }
          let neighbors = vertices[vertex].above + vertices[vertex].below
          let mean = neighbors.reduce(0) { $0 + vertices[$1].x } / Double(max(neighbors.count, 1))
          return (neighbors.isEmpty ? vertices[vertex].x : mean, 1)
        }
        let places = spread(wanted, widths: layers[layer].map { vertices[$0].width })
        for (vertex, x) in zip(layers[layer], places) { vertices[vertex].x = x }
      }
    }
    let left = vertices.map { $0.x - $0.width / 2 }.min() ?? 0
    for vertex in vertices.indices { vertices[vertex].x -= left }
  }

  /// The longest chain of nodes that ends at the last one: what a network does, without its shortcuts.
  private static func spine(_ sources: [[Int]], _ depths: [Int]) -> Set<Int> {
    var spine: Set<Int> = []
    var node = sources.indices.last
    while let current = node {
      spine.insert(current)
      node = sources[current].first { depths[$0] == depths[current] - 1 }
    }
    return spine
  }

  /// Places as near as possible to those wanted, none nearer to the next than both are wide: least squares, in order, by pooling
  /// neighbors that would overlap.
  private func spread(_ wanted: [(x: Double, weight: Double)], widths: [Double]) -> [Double] {
    // With distances taken off, the rule is that places do not fall.
    var offsets = [0.0]
    for (left, right) in zip(widths, widths.dropFirst()) {
      offsets.append(offsets.last! + (left + right) / 2 + NetworkLayout.gap)
    }
    var pools: [(sum: Double, weight: Double, count: Int)] = []
    for (place, offset) in zip(wanted, offsets) {
      pools.append((place.weight * (place.x - offset), place.weight, 1))
      while pools.count > 1, let last = pools.last, case let before = pools[pools.count - 2],
        before.sum / before.weight > last.sum / last.weight
      {
        pools.removeLast(2)
        pools.append((before.sum + last.sum, before.weight + last.weight, before.count + last.count))
      }
    }
    let levels = pools.flatMap { [Double](repeating: $0.sum / $0.weight, count: $0.count) }
    return zip(levels, offsets).map { $0 + $1 }
  }
}
