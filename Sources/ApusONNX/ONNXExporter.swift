import Apus
import ApusSupport

/// Writes a graph as ONNX's operators, node by node. Images become channels-first; where an operation has no form in the layout that its
/// input has, a Transpose comes between.
struct ONNXExporter {
  /// How a value's elements lie in the file.
  enum Layout: Hashable {
    /// As in this library.
    case own
    /// [N, C, H, W] for an image [N, H, W, C].
    case channelsFirst
    /// A row [C·H·W] of what is a row [H·W·C] here.
    case flattened(height: Int, width: Int, channels: Int)
  }

  struct Place {
    var layout: Layout
    var name: String
  }

  let graph: Graph
  let batch: BatchTraces
  /// What the results are called in the model, in the order of the graph's outputs.
  private let results: [String]
  private(set) var file = ONNXFile()
  /// Where computed values are, first as they were made.
  private var places: [Graph.ValueID: [Place]] = [:]
  private var constants: [ConstantKey: String] = [:]
  private var usedNames: Set<String> = []
  private var usedNodeNames: Set<String> = []
  /// Multiples of the batch's size that the file computes, by their factors.
  var batchSizes: [Int: String] = [:]
  /// Place of the graph's node that is being written.
  private var current = 0

  private enum ConstantKey: Hashable {
    case tensor(Graph.ValueID, shape: Shape, permutation: [Int])
    case number(UInt32)
    case integers([Int])
  }

  static let channelsFirst = [0, 3, 1, 2]
  static let channelsLast = [0, 2, 3, 1]

  init(_ graph: Graph, _ batch: BatchTraces, results: [String]) {
    self.graph = graph
    self.batch = batch
    self.results = results
  }

  mutating func run() throws {
    for (place, input) in graph.inputs.enumerated() {
      let name = unused(graph.inputs.count == 1 ? "input" : "input_\(place)")
      let layout = imageLayout(input)
      file.inputs.append(ONNXFile.Value(name: name, shape: dimensions(input, layout)))
      places[input] = [Place(layout: layout, name: name)]
    }
    let names = results.map { unused(ONNXExporter.outputName($0)) }
    let needed = neededNodes()
    for (place, node) in graph.nodes.enumerated() where needed.contains(place) {
      current = place
      try write(node)
    }
    // Every result is made before the first is renamed: one may be read by what makes another.
    let made = try graph.outputs.map { try tensor($0, imageLayout($0)) }
    for (place, output) in graph.outputs.enumerated() {
      file.outputs.append(ONNXFile.Value(name: names[place], shape: dimensions(output, imageLayout(output))))
      if let same = made[..<place].firstIndex(of: made[place]) {
        copy(names[same], to: names[place])
      } else {
        rename(made[place], to: names[place])
      }
    }
  }

  /// Names of elements of arrays and of tuples without labels begin with a digit.
  private static func outputName(_ result: String) -> String {
    result.first?.isNumber == true ? "output_" + result : result
  }

  /// Places of the nodes on which the output depends.
  private func neededNodes() -> Set<Int> {
    var makers: [Graph.ValueID: Int] = [:]
    for (place, node) in graph.nodes.enumerated() { makers[node.output] = place }
    var needed: Set<Int> = []
    var waiting = graph.outputs
    while let value = waiting.popLast() {
      guard let maker = makers[value], needed.insert(maker).inserted else { continue }
      waiting += graph.nodes[maker].inputs
    }
    return needed
  }

  /// A result's name is fixed.
  private mutating func rename(_ name: String, to new: String) {
    guard file.nodes.contains(where: { $0.output == name }) else { return copy(name, to: new) }
    for index in file.nodes.indices {
      if file.nodes[index].output == name { file.nodes[index].output = new }
      for input in file.nodes[index].inputs.indices where file.nodes[index].inputs[input] == name {
        file.nodes[index].inputs[input] = new
      }
    }
  }

  private mutating func copy(_ name: String, to new: String) {
    let node = ONNXExporter.unused("Identity", &usedNodeNames)
    file.nodes.append(
      ONNXFile.Node(operation: "Identity", name: node, inputs: [name], unread: [], output: new, attributes: []))
  }

  /// The node that is being written.
  var node: Graph.Node { graph.nodes[current] }

  func unsupported(_ problem: String) -> ONNXError {
    ONNXError(path: node.path, operation: node.operation.name, problem: problem)
  }
}

// MARK: Values

extension ONNXExporter {
  func shape(_ value: Graph.ValueID) -> Shape { graph.shape(of: value) }

  func isConstant(_ value: Graph.ValueID) -> Bool { graph.constant(value) != nil }

  /// The layout that images have where nothing speaks against it.
  func imageLayout(_ value: Graph.ValueID) -> Layout { shape(value).count == 4 ? .channelsFirst : .own }

  /// The layout in which a computed value was made.
  func layout(_ value: Graph.ValueID) -> Layout { places[value]?.first?.layout ?? imageLayout(value) }

  /// The place of an axis in a layout.
  func axis(_ axis: Int, _ layout: Layout) -> Int {
    layout == .channelsFirst ? ONNXExporter.channelsFirst.firstIndex(of: axis)! : axis
  }

  /// The name of a value in a layout; a Transpose or an initializer is added where there is none yet. `role` names computed constants.
  mutating func tensor(_ value: Graph.ValueID, _ layout: Layout, role: String = "constant") throws -> String {
    if isConstant(value) {
      return try constant(value, layout == .channelsFirst ? ONNXExporter.channelsFirst : nil, role: role)
    }
    guard let known = places[value], let first = known.first else {
      fatalError("the graph reads value \(value) before it is made")
    }
    if let place = known.first(where: { $0.layout == layout }) { return place.name }
    let name: String
    switch (first.layout, layout) {
    case (.own, .channelsFirst): name = transpose(first.name, ONNXExporter.channelsFirst)
    case (.channelsFirst, .own): name = transpose(first.name, ONNXExporter.channelsLast)
    case (.flattened(let height, let width, let channels), .own):
      let image = emit("Reshape", [first.name, integers([0, channels, height, width])])
      name = emit("Flatten", [transpose(image, ONNXExporter.channelsLast)], [("axis", .integer(1))])
    default: fatalError("no conversion from \(first.layout) to \(layout)")
    }
    places[value]!.append(Place(layout: layout, name: name))
    return name
  }

  /// An initializer with a constant's elements, seen in another shape where one is given, then with its axes in another order.
  mutating func constant(
    _ value: Graph.ValueID, _ permutation: [Int]? = nil, as shape: Shape? = nil, writtenAs written: [Int]? = nil,
    role: String
  ) throws -> String {
    guard let constant = graph.values[value].constant else { fatalError("value \(value) is not a constant") }
    if !isFixed(value, axes: self.shape(value).indices) {
      throw unsupported("takes a constant whose shape depends on the batch's size: \(BatchTraces.advice)")
    }
    // Bytes are written as numbers and cast where they are read.
    let own = constant.tensor.cast(to: .float32)
    let tensor = shape.map { own.reshaped($0) } ?? own
    let elements = PermutedElements(tensor: tensor, permutation: permutation ?? Array(0..<tensor.rank))
    let key = ConstantKey.tensor(value, shape: tensor.shape, permutation: elements.permutation)
    if let name = constants[key] { return name }
    let fallback = node.path.isEmpty ? role : node.path + "." + role
    let name = unused(constant.path.map(ONNXExporter.torchName) ?? fallback)
    file.initializers.append(
      ONNXFile.Initializer(name: name, shape: written ?? elements.shape, content: .floats(elements)))
    constants[key] = name
    return name
  }

  /// The names of torchvision's files.
  private static func torchName(_ path: String) -> String {
    for (own, torch) in [("runningMean", "running_mean"), ("runningVariance", "running_var")] {
      if path == own { return torch }
      if path.hasSuffix("." + own) { return path.dropLast(own.count) + torch }
    }
    return path
  }

  /// An initializer of one number, without axes.
  mutating func number(_ value: Double) -> String {
    let key = ConstantKey.number(Float(value).bitPattern)
    if let name = constants[key] { return name }
    let elements = PermutedElements(tensor: Tensor([Float(value)], shape: []), permutation: [])
    return add(key, "number", [], .floats(elements))
  }

  /// An initializer of integers: a shape, axes.
  mutating func integers(_ values: [Int]) -> String {
    let key = ConstantKey.integers(values)
    return constants[key] ?? add(key, "integers", [values.count], .integers(values))
  }

  /// Indices, which a file has as int64.
  mutating func indices(_ value: Graph.ValueID) throws -> String {
    guard let constant = graph.constant(value) else { return try tensor(value, .own) }
    let numbers = constant.array(of: Int32.self).map(Int.init)
    if constant.rank == 1 { return integers(numbers) }
    let name = unused(node.path.isEmpty ? "indices" : node.path + ".indices")
    file.initializers.append(
      ONNXFile.Initializer(name: name, shape: Array(constant.shape), content: .integers(numbers)))
    return name
  }

  /// An initializer that belongs to no value.
  mutating func floats(_ tensor: Tensor, role: String) -> String {
    let elements = PermutedElements(tensor: tensor, permutation: Array(0..<tensor.rank))
    let name = unused(node.path.isEmpty ? role : node.path + "." + role)
    file.initializers.append(ONNXFile.Initializer(name: name, shape: Array(tensor.shape), content: .floats(elements)))
    return name
  }

  private mutating func add(
    _ key: ConstantKey, _ name: String, _ shape: [Int], _ content: ONNXFile.Initializer.Content
  ) -> String {
    let name = unused(name)
    file.initializers.append(ONNXFile.Initializer(name: name, shape: shape, content: content))
    constants[key] = name
    return name
  }

  /// A name that no tensor has yet.
  private mutating func unused(_ name: String) -> String { ONNXExporter.unused(name, &usedNames) }

  private static func unused(_ name: String, _ used: inout Set<String>) -> String {
    var candidate = name
    var number = 2
    while !used.insert(candidate).inserted {
      candidate = "\(name)_\(number)"
      number += 1
    }
    return candidate
  }
}

// MARK: Nodes

extension ONNXExporter {
  /// Adds an operator; the result's name. The first operator of a layer has the layer's path as its name, unless it has one of its own.
  /// `before`: how many results the operator has in front of it, which nobody reads.
  mutating func emit(
    _ operation: String, _ inputs: [String], _ attributes: ONNXFile.Attributes = [], named ownName: String? = nil,
    before: Int = 0
  ) -> String {
    let isFirst = !node.path.isEmpty && !usedNodeNames.contains(node.path)
    let wanted = ownName ?? (isFirst ? node.path : node.path.isEmpty ? operation : node.path + "/" + operation)
    let name = ONNXExporter.unused(wanted, &usedNodeNames)
    let output = unused(name + "_output")
    let others = (0..<before).map { _ in unused(name + "_unread") }
    file.nodes.append(
      ONNXFile.Node(
        operation: operation, name: name, inputs: inputs, unread: others, output: output, attributes: attributes))
    return output
  }

  mutating func cast(_ name: String, _ type: Int) -> String { emit("Cast", [name], [("to", .integer(type))]) }

  mutating func transpose(_ name: String, _ permutation: [Int]) -> String {
    emit("Transpose", [name], [("perm", .integers(permutation))])
  }

  /// The result of the graph's node.
  mutating func finish(_ name: String, _ layout: Layout) {
    places[node.output] = [Place(layout: layout, name: name)]
  }

  private mutating func write(_ node: Graph.Node) throws {
    switch node.operation {
    case .convolution, .transposedConvolution, .maxPool, .averagePool, .adaptiveAveragePool, .patches, .resize,
      .gridSample:
      try requireFixedImages()
    default: break
    }
    switch node.operation {
    case .convolution(let geometry): try convolution(geometry)
    case .transposedConvolution(let geometry): try transposedConvolution(geometry)
    case .linear: try linear()
    case .matrixProduct:
      finish(emit("MatMul", [try tensor(node.inputs[0], .own), try tensor(node.inputs[1], .own)]), .own)
    case .batchNorm(let epsilon): try batchNorm(epsilon)
    case .groupNorm(let groups, let epsilon): try groupNorm(groups, epsilon)
    case .layerNorm(let axes, let epsilon): try layerNorm(axes, epsilon)
    case .localResponseNorm(let size, let alpha, let beta, let k): try localResponseNorm(size, alpha, beta, k)
    case .activation(let function): try activation(function)
    case .prelu: try prelu()
    case .maxout(let pieces): try maxout(pieces)
    case .maxPool(let pool): try maxPool(pool)
    case .averagePool(let pool): try averagePool(pool)
    case .adaptiveAveragePool: try adaptiveAveragePool()
    case .reduce(let reduction, let axes, let keepsAxes): try reduce(reduction, axes, keepsAxes)
    case .binary(let operation): try binary(operation)
    case .unary(let operation): try unary(operation)
    case .scale(let factor, let offset): try scale(factor, offset)
    case .concatenate(let axis): try concatenate(axis)
    case .reshape: try reshape()
    case .transpose(let permutation):
      finish(transpose(try tensor(node.inputs[0], .own), permutation), .own)
    case .broadcast: try broadcast()
    case .slice(let axis, let start, let end, let step): try slice(axis, start, end, step)
    case .pad(let before, let after, let mode): try pad(before, after, mode)
    case .patches(let patches): try self.patches(patches)
    case .resize(let resize): try self.resize(resize)
    case .gather(let axis, let perElement): try gather(axis, perElement)
    case .scatterAdd(let axis): try scatterAdd(axis)
    case .cumulativeSum(let axis, let reversed):
      let inputs = [try tensor(node.inputs[0], .own), integers([axis])]
      finish(emit("CumSum", inputs, [("reverse", .integer(reversed ? 1 : 0))]), .own)
    case .order(let count, let descending): try order(count, descending)
    case .gridSample(let settings): try gridSample(settings)
    case .compare(let function): try compare(function)
    case .select: try select()
    case .toFloat: finish(try cast(tensor(node.inputs[0], layout(node.inputs[0])), 1), layout(node.inputs[0]))
    case .softmax: try softmax("Softmax")
    case .logSoftmax: try softmax("LogSoftmax")
    }
  }
}
