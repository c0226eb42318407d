#!/usr/bin/env -S apus script
import Apus

// Draws a figure of every kind, each as SVG with its numbers as CSV, and a page that holds them.
//   ./figures.swift [FOLDER]

let folder = CommandLine.arguments.dropFirst().first ?? "."

// Two ways down a ravine: Beale's function, whose minimum is at (3, 0.5).
func beale(_ x: Double, _ y: Double) -> Double {
  let (a, b, c) = (1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y * y * y)
  return a * a + b * b + c * c
}

func descent(rate: Double, momentum: Double, steps: Int) -> (x: [Double], y: [Double], loss: [Double]) {
  var (x, y, speedX, speedY) = (1.0, 1.5, 0.0, 0.0)
  var (xs, ys, losses) = ([x], [y], [beale(x, y)])
  let small = 1e-6
  for _ in 0..<steps {
    let slopeX = (beale(x + small, y) - beale(x - small, y)) / (2 * small)
    let slopeY = (beale(x, y + small) - beale(x, y - small)) / (2 * small)
    speedX = momentum * speedX - rate * slopeX
    speedY = momentum * speedY - rate * slopeY
    x += speedX
    y += speedY
    xs.append(x)
    ys.append(y)
    losses.append(beale(x, y))
  }
  return (xs, ys, losses)
}

let plain = descent(rate: 0.002, momentum: 0, steps: 600)
let heavy = descent(rate: 0.002, momentum: 0.9, steps: 600)
let steps = plain.loss.indices.map { Double($0) }

let losses = Figure(
  "Momentum is faster",
  .lines(
    [.init("gradient descent", x: steps, y: plain.loss), .init("momentum 0.9", x: steps, y: heavy.loss)],
    x: "step", y: .logarithmic("loss")))

var surface: [Double] = []
for row in 0..<41 {
  for column in 0..<61 { surface.append(beale(-0.5 + 4.5 * Double(column) / 60, -0.5 + 2.5 * Double(row) / 40)) }
}
let paths = Figure(
  "Two ways down Beale's function",
  .contours(
    surface, rows: 41, columns: 61, value: .logarithmic("loss", range: 0.01...100), x: .init("x", range: -0.5...4),
    y: .init("y", range: -0.5...2),
    paths: [
      .init("gradient descent", x: plain.x, y: plain.y, marked: [600]),
      .init("momentum 0.9", x: heavy.x, y: heavy.y, marked: [600]),
    ]))

// What six layers of tanh make of normal inputs, with Xavier's weights.
var activations = Tensor.normal([200, 256], seed: 1)
var layers: [Figure] = []
for layer in 1...6 {
  let weights = Tensor.normal([256, 256], seed: 2, stream: UInt64(layer)) / 16
  activations = matmul(activations, weights).tanh()
  layers.append(
    Figure(
      "layer \(layer)", .histogram(activations.histogram(bins: 24, in: -1...1), y: .init("", range: 0...8000)),
      height: 110))
}
let histograms = Figure("Activations of six layers of tanh", .panels(layers, columns: 6))

// Digits, and where their ink is.
let digits = Digits.load()

func pixels(_ place: Int) -> [Double] { Picture(digits.test.image(at: place)).pixels.map { Double($0) / 255 } }

let ink = (0..<8).map(pixels)
let mean = ink[0].indices.map { pixel -> Double in ink.reduce(0) { $0 + $1[pixel] } / 8 }
let grid = try Figure(
  "Digits under their mean",
  .pictures(
    (0..<8).map { place in
      let picture = Picture(digits.test.image(at: place))
      return (picture.overlaid(with: mean, rows: 32, columns: 32), "a \(digits.test.labels[place])")
    }, columns: 4))

// How the pixels of a row go together: products of their distances from gray.
let row = (8..<24).map { column -> [Double] in ink.map { $0[16 * 32 + column] - 0.5 } }
var products: [Double] = []
for one in row {
  for other in row { products.append(zip(one, other).reduce(0) { $0 + $1.0 * $1.1 }) }
}
let correlation = Figure(
  "Products of pixels in a row", .heatMap(products, rows: 16, columns: 16, value: "product", x: "column", y: "column"))

func points(of label: Int32) -> Figure.Series {
  let places = digits.test.labels.indices.filter { digits.test.labels[$0] == label }.prefix(30)
  let all = places.map { pixels($0).reduce(0, +) }
  let middle = places.map { pixels($0)[512..<544].reduce(0, +) }
  return Figure.Series("digit \(label)", x: all, y: middle)
}

let scatter = Figure(
  "Digits by their ink", .scatter([points(of: 0), points(of: 1)], x: "ink", y: "ink in the middle row"))

let model = LeNet5(inputSize: 32)
let plan = try model.plan(input: [1, 32, 32, 1])
let weighty = plan.rows.filter { $0.parameters > 0 }
let costs = Figure(
  "LeNet-5 by layer",
  .bars(
    groups: weighty.map(\.path),
    [
      .init("parameters", y: weighty.map { Double($0.parameters) }),
      .init("multiply-adds", y: weighty.map { Double($0.multiplyAdds) }),
    ], y: .logarithmic("count")))
let network = try Figure("LeNet-5", .plan(of: model, input: [1, 32, 32, 1]))
let norm = try Figure(
  "Batch norm",
  .computation(of: ["x": [32, 8], "γ": [8], "β": [8]]) { inputs in
    let centered = inputs[0] - inputs[0].mean(axes: [0])
    let deviation = (centered.square().mean(axes: [0]) + 1e-5).sqrt()
    return inputs[1] * (centered / deviation) + inputs[2]
  })

var page = Page("Figures", summary: "One of every kind.")
for (name, figure) in [
  ("lines", losses), ("contours", paths), ("histograms", histograms), ("pictures", grid), ("heat-map", correlation),
  ("scatter", scatter), ("bars", costs), ("plan", network), ("computation", norm),
] {
  try figure.write(to: "\(folder)/\(name).svg")
  page.add(section: name)
  page.add(figure)
  page.add(links: [("figure", "\(name).svg"), ("numbers", "\(name).csv")])
}
page.add(section: "Layers")
page.add(
  table: ["layer", "operation", "output", "parameters", "multiply-adds"],
  rows: plan.rows.map { [$0.path, $0.operation, "\($0.outputShape)", "\($0.parameters)", "\($0.multiplyAdds)"] })
try page.write(to: folder + "/figures.html")
print("\(folder)/figures.html")
