import ApusCore
import ApusFigures

/// The boxes that a graph is drawn with: those of a plan, with what follows a layer in its box and long networks by their parts, or those
/// of a computation, each operation and each constant by itself.
struct GraphDrawing {
  private let graph: Graph
  /// Places of nodes that share a box, in the order of execution; the boxes are in that order, too.
  private var boxes: [[Int]]
  /// What a box is a part of, where there are too many to draw each.
  private var parts: [String?]

  /// More than these are drawn by parts.
  private static let mostBoxes = 72

  init(_ graph: Graph) {
    self.graph = graph
    boxes = graph.nodes.indices.map { [$0] }
    parts = boxes.map { _ in nil }
  }

  // MARK: The plan of a model

  static func plan(_ graph: Graph) -> [Figure.Node] {
    var drawing = GraphDrawing(graph)
    drawing.joinFollowers()
    drawing.joinParts()
    let inputs = graph.inputs.map {
      Figure.Node("input", output: text(graph.shape(of: $0).dropFirst()), group: "input")
    }
    return inputs + drawing.nodes(behind: graph.inputs, hasBatch: true)
  }

  /// Normalizations, functions of elements and changes of shape that alone read a box's result stand in that box.
  private mutating func joinFollowers() {
    let readers = graph.readers
    var joined: [[Int]] = []
    var boxOfValue: [Graph.ValueID: Int] = [:]
    for (place, node) in graph.nodes.enumerated() {
      if follows(node), let box = boxOfValue[node.inputs[0]],
        graph.nodes[joined[box].last!].output == node.inputs[0], readers[node.inputs[0]].count == 1,
        !graph.outputs.contains(node.inputs[0])
      {
        joined[box].append(place)
        boxOfValue[node.output] = box
      } else {
        boxOfValue[node.output] = joined.count
        joined.append([place])
      }
    }
    boxes = joined
    parts = boxes.map { _ in nil }
  }

  private func follows(_ node: Graph.Node) -> Bool {
    switch node.operation {
    case .batchNorm, .groupNorm, .layerNorm, .activation, .prelu, .scale, .reshape, .transpose, .pad: true
    // A bias, or a layer's scale.
    case .binary: graph.values[node.inputs[1]].constant != nil
    default: false
    }
  }

  /// Where there are many boxes, those in a row that are parts of one layer become one: of the smallest layers with which there are few
  /// enough. In a row, so that no arrow leads back.
  private mutating func joinParts() {
    guard boxes.count > GraphDrawing.mostBoxes else { return }
    let paths = boxes.map { graph.nodes[$0[0]].path.split(separator: ".").map(String.init) }
    let deepest = paths.map(\.count).max() ?? 0
    for depth in stride(from: deepest, through: 1, by: -1) {
      var (joined, names): ([[Int]], [String?]) = ([], [])
      for (box, path) in zip(boxes, paths) {
        let name = path.count >= depth ? path.prefix(depth).joined(separator: ".") : nil
        if let name, names.last == name {
          joined[joined.count - 1] += box
        } else {
          joined.append(box)
          names.append(name)
        }
      }
      if joined.count <= GraphDrawing.mostBoxes || depth == 1 {
        (boxes, parts) = (joined, names)
        return
      }
    }
  }

  /// A node for each box, behind one for each of `sources`.
  ///
  /// - Parameter hasBatch: shapes begin with the batch size, which is not written.
  private func nodes(behind sources: [Graph.ValueID], hasBatch: Bool) -> [Figure.Node] {
    var makers: [Graph.ValueID: Int] = [:]
    for (place, value) in sources.enumerated() { makers[value] = place }
    for (place, box) in boxes.enumerated() {
      for node in box { makers[graph.nodes[node].output] = sources.count + place }
    }
    return boxes.enumerated().map { place, box in
      let own = sources.count + place
      var from: [Int] = []
      for input in box.flatMap({ graph.nodes[$0].inputs }) {
        if let maker = makers[input], maker != own, !from.contains(maker) { from.append(maker) }
      }
      let shape = graph.shape(of: graph.nodes[box.last!].output)
      let output = GraphDrawing.text(hasBatch ? shape.dropFirst() : shape[...])
      let (title, detail) = words(box, part: parts[place])
      let kind = GraphDrawing.kind(graph.nodes[box[0]].operation)
      return Figure.Node(title, detail: detail, from: from, output: output, group: parts[place] == nil ? kind : "part")
    }
  }

  private func words(_ box: [Int], part: String?) -> (title: String, detail: String) {
    let nodes = box.map { graph.nodes[$0] }
    guard let part, nodes.count > 1 else {
      let path = nodes[0].path
      let title = title(of: nodes[0])
      let followers = nodes.dropFirst().filter {
        switch $0.operation {
        case .reshape, .transpose: false
        default: true
        }
      }
      return (title, ([path].filter { !$0.isEmpty } + followers.map(\.operation.name)).joined(separator: " · "))
    }
    var counts: [(name: String, count: Int)] = []
    for name in nodes.map(\.operation.name) {
      if let known = counts.firstIndex(where: { $0.name == name }) {
        counts[known].count += 1
      } else {
        counts.append((name, 1))
      }
    }
    let most = counts.enumerated().sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }.prefix(3)
    return (part, most.map { "\($0.element.count) \($0.element.name)" }.joined(separator: ", "))
  }

  // MARK: A computation

  /// - Parameter names: of the graph's inputs.
  static func computation(_ graph: Graph, names: [String]) -> [Figure.Node] {
    let drawing = GraphDrawing(graph)
    let used = Set(graph.nodes.flatMap(\.inputs))
    let constants = graph.values.indices.filter { graph.values[$0].constant != nil && used.contains($0) }
    let inputs = zip(graph.inputs, names).map { Figure.Node($1, output: text(graph.shape(of: $0)), group: "input") }
    let fixed = constants.map { value in
      Figure.Node(
        graph.values[value].constant?.path ?? "constant", output: text(graph.shape(of: value)), group: "constant")
    }
    return inputs + fixed + drawing.nodes(behind: graph.inputs + constants, hasBatch: false)
  }

  // MARK: Words

  /// 56×56×64. One number is "1".
  private static func text(_ shape: some Collection<Int>) -> String {
    shape.isEmpty ? "1" : shape.map(String.init).joined(separator: "×")
  }

  private func title(of node: Graph.Node) -> String {
    func size(_ pair: IntOrPair) -> String { "\(pair.height)×\(pair.width)" }
    func step(_ pair: IntOrPair) -> String {
      pair == 1 ? "" : pair.height == pair.width ? " / \(pair.height)" : " / \(size(pair))"
    }
    switch node.operation {
    case .convolution(let settings), .transposedConvolution(let settings):
      let weight = graph.shape(of: node.inputs[1])
      let groups = settings.groups == 1 ? "" : ", \(settings.groups) groups"
      return "\(node.operation.name) \(weight[0])×\(weight[1])\(step(settings.stride))\(groups)"
    case .maxPool(let pool), .averagePool(let pool):
      return "\(node.operation.name) \(size(pool.kernel))\(step(pool.stride))"
    case .binary(let function):
      return switch function {
      case .add: "+"
      case .subtract: "−"
      case .multiply: "×"
      case .divide: "÷"
      case .maximum, .minimum, .power: node.operation.name
      }
    case .scale(let factor, let offset):
      return [factor == 1 ? nil : "× \(Float(factor))", offset == 0 ? nil : "+ \(Float(offset))"].compactMap { $0 }
        .joined(separator: " ")
    case .reduce(_, let axes, _):
      return
        "\(node.operation.name) over \(axes.count == 1 ? "axis" : "axes") \(axes.map(String.init).joined(separator: ", "))"
    default: return node.operation.name
    }
  }

  private static func kind(_ operation: TensorOperation) -> String {
    switch operation {
    case .convolution, .transposedConvolution: "convolution"
    case .linear, .matrixProduct: "linear"
    case .batchNorm, .groupNorm, .layerNorm, .localResponseNorm: "normalization"
    case .activation, .prelu, .maxout, .softmax, .logSoftmax: "activation"
    case .maxPool, .averagePool, .adaptiveAveragePool, .reduce: "pooling and reduction"
    case .binary, .unary, .scale, .concatenate, .compare, .select: "arithmetic"
    default: "movement"
    }
  }
}
