#!/usr/bin/env -S apus script
import Apus
import ApusONNX
import ApusVision

// Finds lines of text: PP-OCR's detector, with the ONNX file of the Python package rapidocr-onnxruntime. See README.md beside it.
//   ./TextDetector.swift MODEL.onnx IMAGE [OUTPUT]   prints the corners of each line, and draws them into OUTPUT, .jpg or .png
//   ./TextDetector.swift MODEL.onnx --serve          answers lines of input, for bench/compare-detectors
//
// Liao, Wan, Yao, Chen and Bai 2020, "Real-time scene text detection with differentiable binarization".

struct TextLine {
  /// Clockwise from the upper left one.
  var corners: Polygon
  var score: Float
}

final class TextDetector {
  private let network: CompiledForAnyShape

  init(contentsOf path: String) throws { network = try ONNXModel(contentsOf: path).compiled() }

  /// The lines of text in an image.
  func lines(in image: Image) throws -> [TextLine] {
    let probabilities = try network(input(image))
    return lines(probabilities, height: image.height, width: image.width)
  }

  /// Scaled until the short side has 736 pixels, if it has fewer, to sides that 32 divides; blue first, from −1 to 1.
  func input(_ image: Image) -> Tensor {
    let factor = max(1, 736 / Double(min(image.height, image.width)))
    func side(_ size: Int) -> Int { Int((Double(Int(Double(size) * factor)) / 32).rounded(.toNearestOrEven)) * 32 }
    let scaled = image.rgb().resized(height: side(image.height), width: side(image.width), antialias: false)
    return Tensor(scaled, in: -1...1).take(Tensor([2, 1, 0]), axis: 3)
  }

  /// Each region of likely pixels becomes its smallest rectangle, expanded: the network learned shrunken lines.
  private func lines(_ probabilities: Tensor, height: Int, width: Int) -> [TextLine] {
    let map = ProbabilityMap(probabilities)
    let scale = (x: Float(width) / Float(map.width), y: Float(height) / Float(map.height))
    return map.mask(above: 0.3).contours().prefix(1000).compactMap { contour in
      let rectangle = contour.minimumAreaRectangle()
      if rectangle.shortSide < 3 { return nil }
      let score = map.mean(in: rectangle)
      if score < 0.5 { return nil }
      let distance = rectangle.area * 1.6 / rectangle.perimeter
      // Clipper, which expands it in the original, knows whole numbers only.
      let expanded = rectangle.map { $0.rounded(.towardZero) }.expanded(by: distance).map { $0.rounded() }
      let larger = expanded.minimumAreaRectangle()
      if larger.shortSide < 5 { return nil }
      let corners = larger.points.map { point in
        Point(
          x: min(max((point.x * scale.x).rounded(.toNearestOrEven), 0), Float(width - 1)),
          y: min(max((point.y * scale.y).rounded(.toNearestOrEven), 0), Float(height - 1)))
      }
      let line = Polygon(corners).fromUpperLeft
      let sides = [line.points[0].distance(to: line.points[1]), line.points[0].distance(to: line.points[3])]
      return sides.allSatisfy { $0 >= 4 } ? TextLine(corners: line, score: score) : nil
    }
  }
}

/// How likely each pixel is text.
struct ProbabilityMap {
  let height: Int
  let width: Int
  private let values: [Float]

  /// [1, H, W, 1]
  init(_ tensor: Tensor) {
    (height, width) = (tensor.shape[1], tensor.shape[2])
    values = tensor.array(of: Float.self)
  }

  /// The likely pixels, each with its neighbors to the right and below.
  func mask(above threshold: Float) -> Image {
    var mask = [UInt8](repeating: 0, count: height * width)
    for y in 0..<height {
      for x in 0..<width where values[y * width + x] > threshold {
        for row in y...min(y + 1, height - 1) {
          for column in x...min(x + 1, width - 1) { mask[row * width + column] = 1 }
        }
      }
    }
    return Image(height: height, width: width, channels: 1, pixels: mask)
  }

  /// The mean over the pixels inside.
  func mean(in polygon: Polygon) -> Float {
    func inside(_ value: Float, _ size: Int) -> Int { Int(min(max(value, 0), Float(size - 1))) }
    let (x, y) = (polygon.points.map(\.x), polygon.points.map(\.y))
    let left = inside(x.min()!.rounded(.down), width)
    let right = inside(x.max()!.rounded(.up), width)
    let top = inside(y.min()!.rounded(.down), height)
    let bottom = inside(y.max()!.rounded(.up), height)
    let size = (height: bottom - top + 1, width: right - left + 1)
    var mask = Image(
      height: size.height, width: size.width, channels: 1,
      pixels: [UInt8](repeating: 0, count: size.height * size.width))
    let local = polygon.points.map { point in
      Point(x: (point.x - Float(left)).rounded(.towardZero), y: (point.y - Float(top)).rounded(.towardZero))
    }
    mask.fill(Polygon(local), color: .white)
    var (sum, count): (Float, Float) = (0, 0)
    for (place, pixel) in mask.pixels.enumerated() where pixel != 0 {
      sum += values[(top + place / size.width) * width + left + place % size.width]
      count += 1
    }
    return count > 0 ? sum / count : 0
  }
}

extension Polygon {
  var shortSide: Float { min(points[0].distance(to: points[1]), points[1].distance(to: points[2])) }

  func map(_ change: (Float) -> Float) -> Polygon { Polygon(points.map { Point(x: change($0.x), y: change($0.y)) }) }

  /// A rectangle's corners clockwise from the upper one of the two on the left.
  var fromUpperLeft: Polygon {
    let byColumn = points.sorted { ($0.x, $0.y) < ($1.x, $1.y) }
    let (left, right) = (byColumn[..<2].sorted { $0.y < $1.y }, byColumn[2...].sorted { $0.y < $1.y })
    return Polygon([left[0], right[0], right[1], left[1]])
  }
}

// MARK: The program

func line(_ text: TextLine) -> String {
  text.corners.points.map { "\(Int($0.x)),\(Int($0.y))" }.joined(separator: " ")
}

/// Milliseconds and lines for each line of input, the path of an image; `threads N` sets the number of threads.
func serve(_ detector: TextDetector) throws {
  while let input = readLine() {
    if input.hasPrefix("threads ") {
      Runtime.threadCount = Int(input.dropFirst(8)) ?? 0
      continue
    }
    let image = try Image(contentsOf: input)
    let clock = ContinuousClock()
    let start = clock.now
    let lines = try detector.lines(in: image)
    let seconds = (clock.now - start) / .seconds(1)
    print("\(seconds * 1000) \(lines.count)")
    for text in lines { print("\(line(text)) \(text.score)") }
  }
}

let arguments = CommandLine.arguments.dropFirst()
switch (arguments.count, arguments.dropFirst().first) {
case (2, "--serve"):
  try serve(TextDetector(contentsOf: arguments[1]))
case (2, let file?), (3, let file?):
  let image = try Image(contentsOf: file)
  let lines = try TextDetector(contentsOf: arguments[1]).lines(in: image)
  for text in lines { print(line(text)) }
  print("\(lines.count) lines")
  if arguments.count == 3 {
    var picture = image.rgb()
    for text in lines { picture.draw(text.corners, color: .red, lineWidth: 1.5) }
    try picture.write(to: arguments[3])
  }
default:
  print(
    "TextDetector.swift MODEL.onnx IMAGE [OUTPUT]; the model is rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx")
}
