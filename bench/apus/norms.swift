// What bench/compare-norms asks of Apus: apus script norms.swift CASES.json. Each case is a group of numbers and the weights of their
// sum; printed are its norms' values and gradients, a line of JSON a case and norm.
import Apus
import Foundation

struct Case: Decodable {
  var name: String
  var x: [Float]
  var c: [Float]
  var epsilon: Double
}
struct Answer: Encodable {
  var name: String
  var norm: String
  var y: [Float]
  var dx: [Float]
}

let cases = try JSONDecoder().decode(
  [Case].self, from: Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1])))
let encoder = JSONEncoder()
encoder.nonConformingFloatEncodingStrategy = .convertToString(
  positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
for n in cases {
  let count = n.x.count
  var norms: [(String, Shape, (Tensor) -> Tensor)] = [
    ("layer", [1, count], { layerNorm($0, over: [count], epsilon: n.epsilon) }),
    ("group", [1, count, 1, 1], { groupNorm($0, groups: 1, epsilon: n.epsilon) }),
    ("instance", [1, count, 1, 1], { instanceNorm($0, epsilon: n.epsilon) }),
    ("weights", [count, 1], { standardized(weight: $0, epsilon: n.epsilon) }),
  ]
  // Training keeps running statistics, which float32 must hold.
  if n.x.allSatisfy({ abs($0) < 1e18 }) {
    norms.append(("batch", [count, 1, 1, 1], { BatchNorm(1, epsilon: n.epsilon)($0) }))
  }
  for (name, shape, norm) in norms {
    var y: [Float] = []
    let by = Tensor(n.c, shape: shape)
    let (_, g) = valueWithGradients(at: [Tensor(n.x, shape: shape)]) { x in
      let value = norm(x[0])
      y = value.detached().array(of: Float.self)
      return (value * by).sum()
    }
    let answer = Answer(name: n.name, norm: name, y: y, dx: g[0]!.array(of: Float.self))
    print(String(decoding: try encoder.encode(answer), as: UTF8.self))
  }
}
