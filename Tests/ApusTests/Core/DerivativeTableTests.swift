import Apus
import Foundation
import Testing

/// Values and derivatives at 0, ±∞, NaN, subnormals, the largest floats and ties, against a table of 200 digits
/// (Tests/Fixtures/derivative_fixtures.py), in float32 on the machine's kernels and in float64 on the references.
@Suite struct DerivativeTableTests {
  private struct Row {
    var parameter, x, value, derivative, relative, absolute, absoluteDerivative: Double
  }

  private static let rows: [String: [Row]] = {
    let path = URL(filePath: repositoryFile("Tests/Fixtures/derivatives.txt"))
    var rows: [String: [Row]] = [:]
    for line in try! String(contentsOf: path, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      let numbers = words.dropFirst().map { Double($0)! }
      rows[String(words[0]), default: []].append(
        Row(
          parameter: numbers[0], x: numbers[1], value: numbers[2], derivative: numbers[3], relative: numbers[4],
          absolute: numbers[5], absoluteDerivative: numbers[6]))
    }
    return rows
  }()

  /// [N, 2]: x beside 0.
  private static func beside(_ x: Tensor) -> Tensor {
    Tensor.concatenated([x.reshaped([x.elementCount, 1]), .zeros([x.elementCount, 1], x.scalarType)], axis: 1)
  }
  private static func ones(_ x: Tensor) -> Tensor { .ones(x.shape, x.scalarType) }
  private static func labels(_ x: Tensor) -> Tensor { .zeros(x.shape, .int32) }

  /// x [N] and the parameter to [N].
  private static let functions: [String: @Sendable (Tensor, Double) -> Tensor] = [
    "negate": { x, _ in -x }, "abs": { x, _ in x.abs() }, "exp": { x, _ in x.exp() }, "log": { x, _ in x.log() },
    "sqrt": { x, _ in x.sqrt() }, "square": { x, _ in x.square() }, "reciprocal": { x, _ in x.reciprocal() },
    "power": { $0.power($1) }, "divide": { $1 / $0 },
    "relu": { x, _ in relu(x) }, "threshold": { x, _ in threshold(x) }, "leakyReLU": { leakyReLU($0, slope: $1) },
    "prelu": { x, slope in prelu(x, slope: .full([1], slope, x.scalarType)) }, "elu": { elu($0, alpha: $1) },
    "sigmoid": { x, _ in sigmoid(x) }, "tanh": { x, _ in tanh(x) }, "swish": { swish($0, beta: $1) },
    "gelu": { x, _ in gelu(x) }, "gelu-tanh": { x, _ in gelu(x, .tanh) }, "softplus": { x, _ in softplus(x) },
    "maximum": { x, _ in Tensor.maximum(x, ones(x)) }, "minimum": { x, _ in Tensor.minimum(x, ones(x)) },
    "max": { x, _ in Tensor.stackedColumns([x, ones(x), x]).max(axes: [1]) },
    "min": { x, _ in Tensor.stackedColumns([x, ones(x), x]).min(axes: [1]) },
    "mse": { mseLoss($0, ones($0) * $1, reduction: .none) }, "l1": { l1Loss($0, ones($0) * $1, reduction: .none) },
    "smoothL1": { smoothL1Loss($0, ones($0) * $1, reduction: .none) },
    "binaryFocal-0": { binaryFocalLoss(logits: $0, targets: ones($0) * $1, gamma: 0, reduction: .none) },
    "binaryFocal-0.5": { binaryFocalLoss(logits: $0, targets: ones($0) * $1, gamma: 0.5, reduction: .none) },
    "binaryFocal-2": { binaryFocalLoss(logits: $0, targets: ones($0) * $1, gamma: 2, reduction: .none) },
    "bce": { binaryCrossEntropy(logits: $0, targets: ones($0) * $1, reduction: .none) },
    "crossEntropy": { crossEntropy(logits: beside($0), labels: labels($0), labelSmoothing: $1, reduction: .none) },
    "focal": { focalLoss(logits: beside($0), labels: labels($0), gamma: $1, reduction: .none) },
    "hinge": { x, _ in hingeLoss(scores: beside(x), labels: labels(x), reduction: .none) },
    "softmax": { x, _ in softmax(beside(x)).slice(axis: 1, range: 0..<1).reshaped(x.shape) },
    "logSoftmax": { x, _ in logSoftmax(beside(x)).slice(axis: 1, range: 0..<1).reshaped(x.shape) },
  ]

  @Test func everyRowHasAFunctionAndTheOtherWayRound() {
    #expect(Set(Self.rows.keys) == Set(Self.functions.keys))
    #expect(Self.rows.values.reduce(0) { $0 + $1.count } > 1500)
  }

  @Test(arguments: functions.keys.sorted(), [false, true]) func valuesAndDerivatives(name: String, isDouble: Bool)
    throws
  {
    let function = try #require(Self.functions[name])
    let all = try #require(Self.rows[name])
    for parameter in Set(all.map(\.parameter)) {
      let rows = all.filter { $0.parameter == parameter }
      let x = Tensor(rows.map { Float($0.x) })
      var value = x
      let gradient = withPrecision(isDouble ? .float64 : .standard) {
        let given = isDouble ? x.cast(to: .float64) : x
        return valueWithGradients(at: [given]) { inputs in
          let y = function(inputs[0], parameter)
          value = y.detached()
          // Each element's own derivative, also beside infinite ones: 1 is handed to each.
          return y.sum()
        }.gradients[0]
      }
      let slope = try #require(gradient)
      #expect(value.scalarType == (isDouble ? .float64 : .float32) && slope.scalarType == value.scalarType)
      let (values, slopes) = (
        value.cast(to: .float64).array(of: Double.self), slope.cast(to: .float64).array(of: Double.self)
      )
      for (index, row) in rows.enumerated() {
        let place = "\(name)(\(row.x)), parameter \(parameter)"
        expect(values[index], row.value, row, row.absolute, isDouble, "\(place)")
        expect(slopes[index], row.derivative, row, row.absoluteDerivative, isDouble, "derivative of \(place)")
      }
    }
  }

  private func expect(
    _ got: Double, _ want: Double, _ row: Row, _ absolute: Double, _ isDouble: Bool, _ place: String
  ) {
    let rounded = isDouble ? want : Double(Float(want))
    if rounded.isNaN || rounded.isInfinite {
      #expect(rounded.isNaN ? got.isNaN : got == rounded, "\(place): \(got), expected \(want)")
      return
    }
    // float64's units are 2⁻²⁹ of float32's.
    let scale = isDouble ? 1e-8 : 1
    let tolerance = scale * (row.relative * abs(want) + absolute)
    #expect(abs(got - want) <= tolerance, "\(place): \(got), expected \(want)")
  }
}

extension Tensor {
  /// Vectors as the columns of a matrix.
  fileprivate static func stackedColumns(_ columns: [Tensor]) -> Tensor {
    concatenated(columns.map { $0.reshaped([$0.elementCount, 1]) }, axis: 1)
  }
}
