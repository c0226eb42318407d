import Apus

/// Puts one operator in the place of several that exporters write for it, where nobody reads what lies between.
struct ONNXRewriting {
  private(set) var graph: GraphRecord
  /// Numbers without axes, by name.
  private let constants: [String: Double]
  /// Sizes of initializers, by name.
  private let shapes: [String: [Int]]
  /// The places of the nodes that make and that read each value.
  private var makers: [String: Int] = [:]
  private var readers: [String: [Int]] = [:]
  private var gone: Set<Int> = []

  init(_ graph: GraphRecord, constants: [String: Double]) {
    self.graph = graph.withoutIdentities()
    self.constants = constants
    shapes = Dictionary(graph.initializers.map { ($0.name, $0.sizes) }) { first, _ in first }
    for (place, node) in self.graph.nodes.enumerated() {
      for output in node.outputs where !output.isEmpty { makers[output] = place }
      for input in Set(node.inputs) where !input.isEmpty { readers[input, default: []].append(place) }
    }
  }

  consuming func result() -> GraphRecord {
    for place in graph.nodes.indices where graph.nodes[place].domain.isEmpty && !gone.contains(place) {
      switch graph.nodes[place].operation {
      case "Sigmoid": rewriteSwish(place)
      case "HardSigmoid": rewriteHardSwish(place)
      case "Erf": rewriteGELU(place)
      case "Sqrt": rewriteLayerNorm(place)
      case "MatMul": rewriteLinear(place)
      default: break
      }
    }
    graph.nodes = graph.nodes.enumerated().filter { !gone.contains($0.offset) }.map(\.element)
    return graph
  }

  // MARK: Looking around

  private func node(_ place: Int) -> NodeRecord { graph.nodes[place] }

  /// A node's first operand and first result; empty, which nothing is called, if it has none.
  private func input(_ place: Int) -> String { graph.nodes[place].inputs.first ?? "" }
  private func output(_ place: Int) -> String { graph.nodes[place].outputs.first ?? "" }

  /// The node that makes a value, if it is this operator.
  private func maker(_ name: String, _ operation: String) -> Int? {
    guard let place = makers[name], !gone.contains(place), node(place).operation == operation,
      node(place).domain.isEmpty
    else { return nil }
    return place
  }

  /// The only reader of a value, if it is this operator, and what else it reads.
  private func onlyReader(_ name: String, _ operation: String) -> (place: Int, other: String)? {
    guard let places = readers[name], places.count == 1, !graph.outputs.contains(where: { $0.name == name }),
      node(places[0]).operation == operation, node(places[0]).inputs.count == 2
    else { return nil }
    let inputs = node(places[0]).inputs
    return (places[0], inputs[0] == name ? inputs[1] : inputs[0])
  }

  private func isNumber(_ name: String, _ value: Double) -> Bool {
    constants[name].map { abs($0 - value) <= 1e-6 * abs(value) } ?? false
  }

  /// A sum or product with a number: what it is of.
  private func operand(_ place: Int, _ operation: String, with value: Double) -> String? {
    let inputs = node(place).inputs
    guard node(place).operation == operation, inputs.count == 2 else { return nil }
    if isNumber(inputs[1], value) { return inputs[0] }
    return operation != "Div" && isNumber(inputs[0], value) ? inputs[1] : nil
  }

  /// The last node becomes the operator; the others are gone.
  private mutating func replace(
    _ places: [Int], _ operation: String, _ inputs: [String], _ attributes: [AttributeRecord] = []
  ) {
    guard let last = places.last else { return }
    gone.formUnion(places.dropLast())
    graph.nodes[last].operation = operation
    graph.nodes[last].inputs = inputs
    graph.nodes[last].attributes = attributes
    for input in inputs { readers[input] = (readers[input] ?? []).filter { !places.contains($0) } + [last] }
  }

  // MARK: Patterns

  /// x · sigmoid(x)
  private mutating func rewriteSwish(_ place: Int) {
    guard let x = node(place).inputs.first, let (product, other) = onlyReader(output(place), "Mul"), other == x
    else { return }
    replace([place, product], Patterns.swish, [x])
  }

  /// x · max(0, min(1, x/6 + ½))
  private mutating func rewriteHardSwish(_ place: Int) {
    guard let x = node(place).inputs.first, let (product, other) = onlyReader(output(place), "Mul"),
      other == x,
      case .number(let alpha)? = node(place).attributes.first(where: { $0.name == "alpha" })?.content,
      abs(alpha - 1 / 6) < 1e-6, node(place).attributes.allSatisfy({ $0.name != "beta" || $0.isNumber(0.5) })
    else { return }
    replace([place, product], "HardSwish", [x])
  }

  /// x · (1 + erf(x / √2)) · ½, in any order of the factors.
  private mutating func rewriteGELU(_ place: Int) {
    guard let inner = node(place).inputs.first, let scaled = makers[inner],
      let x = operand(scaled, "Div", with: 2.0.squareRoot()) ?? operand(scaled, "Mul", with: 0.5.squareRoot()),
      readers[inner]?.count == 1, let (sum, one) = onlyReader(output(place), "Add"), isNumber(one, 1),
      let (product, factor) = onlyReader(output(sum), "Mul")
    else { return }
    let places = [scaled, place, sum, product]
    if let half = maker(factor, "Mul"), operand(half, "Mul", with: 0.5) == x, readers[factor]?.count == 1 {
      replace([half] + places, "Gelu", [x])
    } else if let (last, other) = onlyReader(output(product), "Mul"),
      factor == x && isNumber(other, 0.5) || isNumber(factor, 0.5) && other == x
    {
      replace(places + [last], "Gelu", [x])
    }
  }

  /// (x − mean) / √(variance + ε) · γ + β over the last axis, from its root on.
  private mutating func rewriteLayerNorm(_ place: Int) {
    guard let shifted = maker(input(place), "Add"), node(shifted).inputs.count == 2,
      let epsilon = constants[node(shifted).inputs[1]], let variance = maker(input(shifted), "ReduceMean"),
      isOverLastAxis(variance), let square = makers[input(variance)],
      let difference = squared(square), let centered = maker(difference, "Sub"), node(centered).inputs.count == 2,
      let mean = maker(node(centered).inputs[1], "ReduceMean"), isOverLastAxis(mean),
      input(mean) == input(centered),
      let (quotient, numerator) = onlyReader(output(place), "Div"), numerator == difference,
      let (product, gamma) = onlyReader(output(quotient), "Mul"), shapes[gamma]?.count == 1,
      let (sum, beta) = onlyReader(output(product), "Add"), shapes[beta] == shapes[gamma],
      epsilon > 0, Set(readers[difference] ?? []) == [square, quotient]
    else { return }
    let inner = [mean, centered, square, variance, shifted, place, quotient, product]
    let between = [mean, square, variance, shifted]
    if between.contains(where: { readers[output($0)]?.count != 1 }) { return }
    replace(
      inner + [sum], "LayerNormalization", [input(centered), gamma, beta],
      [AttributeRecord("axis", .integer(-1)), AttributeRecord("epsilon", .number(Float(epsilon)))])
  }

  private func isOverLastAxis(_ place: Int) -> Bool {
    let attributes = node(place).attributes
    guard node(place).inputs.count == 1, attributes.allSatisfy({ $0.name != "keepdims" || $0.isInteger(1) }),
      case .integers([-1])? = attributes.first(where: { $0.name == "axes" })?.content
    else { return false }
    return true
  }

  /// What a node squares.
  private func squared(_ place: Int) -> String? {
    let inputs = node(place).inputs
    guard inputs.count == 2 else { return nil }
    if node(place).operation == "Pow" { return isNumber(inputs[1], 2) ? inputs[0] : nil }
    return node(place).operation == "Mul" && inputs[0] == inputs[1] ? inputs[0] : nil
  }

  /// x · weight + bias
  private mutating func rewriteLinear(_ place: Int) {
    let inputs = node(place).inputs
    guard inputs.count == 2, let weight = shapes[inputs[1]], weight.count == 2, shapes[inputs[0]] == nil,
      let (sum, bias) = onlyReader(output(place), "Add"), shapes[bias] == [weight[1]]
    else { return }
    replace([place, sum], Patterns.linear, [inputs[0], inputs[1], bias])
  }
}

extension AttributeRecord {
  fileprivate init(_ name: String, _ content: Content) {
    self.init()
    self.name = name
    self.content = content
  }

  fileprivate func isNumber(_ value: Float) -> Bool { if case .number(value) = content { true } else { false } }
  fileprivate func isInteger(_ value: Int) -> Bool { if case .integer(value) = content { true } else { false } }
}

extension GraphRecord {
  /// Whoever reads a copy of a value reads the value. Copies that are outputs stay.
  fileprivate func withoutIdentities() -> GraphRecord {
    var graph = self
    let kept = Set(outputs.map(\.name))
    var sources: [String: String] = [:]
    graph.nodes = []
    for var node in nodes {
      node.inputs = node.inputs.map { sources[$0] ?? $0 }
      if node.operation == "Identity", node.domain.isEmpty, node.inputs.count == 1, node.outputs.count == 1,
        !kept.contains(node.outputs[0]), sources[node.outputs[0]] == nil
      {
        sources[node.outputs[0]] = node.inputs[0]
      } else {
        graph.nodes.append(node)
      }
    }
    return graph
  }
}
