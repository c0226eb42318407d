#!/usr/bin/env -S apus script
import Apus
import ApusText
import ApusVision

// Finds faces and their eyes, noses and mouths: MTCNN, with the weights of the Python package facenet-pytorch. See README.md beside it.
//   ./FaceDetector.swift WEIGHTS IMAGE [OUTPUT]   prints the faces, and draws them into OUTPUT, .jpg or .png
//   ./FaceDetector.swift WEIGHTS --check FOLDER   for bench/compare-detectors: holds the networks against numbers of their originals
//   ./FaceDetector.swift WEIGHTS --serve          for bench/compare-detectors: answers lines of input
//
// Zhang, Zhang, Li and Qiao 2016, "Joint face detection and alignment using multitask cascaded convolutional networks".

/// Proposes: for each window of 12×12 pixels, two apart, whether it is a face and how its sides have to move.
struct ProposalNet: Network {
  let conv1 = Conv2D(3, 10, kernel: 3)
  let prelu1 = PReLU(10)
  let pool1 = MaxPool2D(2, stride: 2, ceilMode: true)
  let conv2 = Conv2D(10, 16, kernel: 3)
  let prelu2 = PReLU(16)
  let conv3 = Conv2D(16, 32, kernel: 3)
  let prelu3 = PReLU(32)
  let scores = Conv2D(32, 2, kernel: 1)
  let sides = Conv2D(32, 4, kernel: 1)

  func forward(_ x: Tensor) -> (sides: Tensor, scores: Tensor) {
    let y = pool1(prelu1(conv1(x)))
    let features = prelu3(conv3(prelu2(conv2(y))))
    return (sides(features), softmax(scores(features)))
  }
}

/// Refines: the same for proposed boxes, 24×24.
struct RefinementNet: Network {
  let conv1 = Conv2D(3, 28, kernel: 3)
  let prelu1 = PReLU(28)
  let pool1 = MaxPool2D(3, stride: 2, ceilMode: true)
  let conv2 = Conv2D(28, 48, kernel: 3)
  let prelu2 = PReLU(48)
  let pool2 = MaxPool2D(3, stride: 2, ceilMode: true)
  let conv3 = Conv2D(48, 64, kernel: 2)
  let prelu3 = PReLU(64)
  let dense4 = Linear(576, 128)
  let prelu4 = PReLU(128)
  let scores = Linear(128, 2)
  let sides = Linear(128, 4)

  func forward(_ x: Tensor) -> (sides: Tensor, scores: Tensor) {
    let y = pool2(prelu2(conv2(pool1(prelu1(conv1(x))))))
    let features = prelu4(dense4(flatten(prelu3(conv3(y)))))
    return (sides(features), softmax(scores(features)))
  }
}

/// Decides: the same, 48×48, with five landmarks: all x, then all y, as parts of the box.
struct OutputNet: Network {
  let conv1 = Conv2D(3, 32, kernel: 3)
  let prelu1 = PReLU(32)
  let pool1 = MaxPool2D(3, stride: 2, ceilMode: true)
  let conv2 = Conv2D(32, 64, kernel: 3)
  let prelu2 = PReLU(64)
  let pool2 = MaxPool2D(3, stride: 2, ceilMode: true)
  let conv3 = Conv2D(64, 64, kernel: 3)
  let prelu3 = PReLU(64)
  let pool3 = MaxPool2D(2, stride: 2, ceilMode: true)
  let conv4 = Conv2D(64, 128, kernel: 2)
  let prelu4 = PReLU(128)
  let dense5 = Linear(1152, 256)
  let prelu5 = PReLU(256)
  let scores = Linear(256, 2)
  let sides = Linear(256, 4)
  let landmarks = Linear(256, 10)

  func forward(_ x: Tensor) -> (sides: Tensor, landmarks: Tensor, scores: Tensor) {
    let y = pool3(prelu3(conv3(pool2(prelu2(conv2(pool1(prelu1(conv1(x)))))))))
    let features = prelu5(dense5(flatten(prelu4(conv4(y)))))
    return (sides(features), landmarks(features), softmax(scores(features)))
  }
}

struct Face {
  var box: Box
  var score: Float
  var landmarks: [Point] = []
}

/// Three networks, each of which sees what the one before has left.
final class FaceDetector {
  let proposal = ProposalNet()
  let refinement = RefinementNet()
  let output = OutputNet()
  // An image's pyramid has some ten sizes, and batches come in powers of two: all of them stay compiled.
  private lazy var propose = proposal.compiled(limit: 64)
  private lazy var refine = refinement.compiled(limit: 16)
  private lazy var decide = output.compiled(limit: 16)

  /// (x − 127.5) / 128
  private let range: ClosedRange<Float> = -0.99609375...0.99609375

  /// Reads the weights in the folder `data` of the Python package, where the last layers have numbers for names. Both networks with linear
  /// layers flatten (W, H, C) there, not (C, H, W).
  init(weights folder: String) throws {
    let pnet = try WeightsFile.read(folder + "/pnet.pt", renaming: ["conv4_1": "scores", "conv4_2": "sides"])
    try proposal.load(pnet)
    let rnet = try WeightsFile.read(folder + "/rnet.pt", renaming: ["dense5_1": "scores", "dense5_2": "sides"])
    try refinement.load(rnet, inputs: [[1, 24, 24, 3]], flattened: ["dense4": .whc])
    let onet = try WeightsFile.read(
      folder + "/onet.pt", renaming: ["dense6_1": "scores", "dense6_2": "sides", "dense6_3": "landmarks"])
    try output.load(onet, inputs: [[1, 48, 48, 3]], flattened: ["dense5": .whc])
  }

  /// The faces of an image, of at least `smallest` pixels.
  func faces(in image: Image, smallest: Float = 20) throws -> [Face] {
    let image = image.rgb()
    return try landmarks(of: refined(proposals(in: image, smallest: smallest), in: image), in: image)
  }

  /// Windows of all scales that may be faces, squares around what the network makes of them.
  func proposals(in image: Image, smallest: Float) throws -> [Box] {
    let whole = Box(left: 0, top: 0, right: Float(image.width), bottom: Float(image.height))
    var (boxes, scores, moves): ([Box], [Float], [[Float]]) = ([], [], [])
    var scale = 12 / Double(smallest)
    while Double(min(image.height, image.width)) * scale >= 12 {
      let (height, width) = (Int(Double(image.height) * scale + 1), Int(Double(image.width) * scale + 1))
      let results = try propose([image.crops([whole], height: height, width: width, by: .area, in: range)])
      let windows = Windows(sides: results[0], scores: results[1], scale: Float(scale), threshold: 0.6)
      for chosen in nonMaximumSuppression(windows.boxes, scores: windows.scores, threshold: 0.5) {
        boxes.append(windows.boxes[chosen])
        scores.append(windows.scores[chosen])
        moves.append(windows.moves[chosen])
      }
      scale *= 0.709
    }
    return nonMaximumSuppression(boxes, scores: scores, threshold: 0.7).map {
      boxes[$0].moved(by: moves[$0], extent: (boxes[$0].width, boxes[$0].height)).squared
    }
  }

  func refined(_ boxes: [Box], in image: Image) throws -> [Box] {
    let (boxes, results) = try run(refine, on: boxes, of: image, size: 24)
    let scores = Rows(results[1]).column(1)
    let kept = boxes.indices.filter { scores[$0] > 0.7 }
    let chosen = nonMaximumSuppression(kept.map { boxes[$0] }, scores: kept.map { scores[$0] }, threshold: 0.7)
    let moves = Rows(results[0])
    return chosen.map { kept[$0] }.map { boxes[$0].moved(by: moves[$0], extent: boxes[$0].inclusiveExtent).squared }
  }

  func landmarks(of boxes: [Box], in image: Image) throws -> [Face] {
    let (boxes, results) = try run(decide, on: boxes, of: image, size: 48)
    let (moves, places, scores) = (Rows(results[0]), Rows(results[1]), Rows(results[2]).column(1))
    let faces = boxes.indices.filter { scores[$0] > 0.7 }.map { index -> Face in
      let box = boxes[index]
      let (width, height) = box.inclusiveExtent
      let points = (0..<5).map { point in
        Point(x: width * places[index][point] + box.left - 1, y: height * places[index][point + 5] + box.top - 1)
      }
      return Face(
        box: box.moved(by: moves[index], extent: (width, height)), score: scores[index], landmarks: points)
    }
    // The original counts the last pixels in here.
    let areas = faces.map {
      Box(left: $0.box.left, top: $0.box.top, right: $0.box.right + 1, bottom: $0.box.bottom + 1)
    }
    return nonMaximumSuppression(areas, scores: faces.map(\.score), threshold: 0.7, per: .smaller).map { faces[$0] }
  }

  /// A network's results for the parts of the image in `boxes`; those without a pixel are left out. As many crops come in powers of two
  /// as there are, so that few sizes of batches are compiled.
  private func run(
    _ network: CompiledForAnyShape, on boxes: [Box], of image: Image, size: Int
  ) throws -> ([Box], [Tensor]) {
    let kept = boxes.filter { !$0.isEmpty(in: image) }
    let crops = try image.crops(kept.map { $0.whole(in: image) }, height: size, width: size, by: .area, in: range)
    var results: [[Tensor]] = []
    var done = 0
    while done < kept.count {
      let count = min(512, 1 << (Int.bitWidth - 1 - (kept.count - done).leadingZeroBitCount))
      results.append(try network([crops[done..<done + count]]))
      done += count
    }
    guard let first = results.first else { return ([], [Tensor.zeros([0, 4]), .zeros([0, 10]), .zeros([0, 2])]) }
    return (kept, first.indices.map { output in Tensor.concatenated(results.map { $0[output] }, axis: 0) })
  }
}

/// The windows of one scale whose score is high enough.
struct Windows {
  var boxes: [Box] = []
  var scores: [Float] = []
  var moves: [[Float]] = []

  init(sides: Tensor, scores all: Tensor, scale: Float, threshold: Float) {
    let width = all.shape[2]
    let moves = sides.array(of: Float.self)
    all.withUnsafeScalars(of: Float.self) { values in
      for place in 0..<values.count / 2 where values[2 * place + 1] >= threshold {
        let (x, y) = (Float(2 * (place % width)), Float(2 * (place / width)))
        boxes.append(
          Box(
            left: ((x + 1) / scale).rounded(.down), top: ((y + 1) / scale).rounded(.down),
            right: ((x + 12) / scale).rounded(.down), bottom: ((y + 12) / scale).rounded(.down)))
        scores.append(values[2 * place + 1])
        self.moves.append(Array(moves[4 * place..<4 * place + 4]))
      }
    }
  }
}

/// The rows of a matrix.
struct Rows {
  private let values: [Float]
  private let width: Int

  init(_ matrix: Tensor) { (values, width) = (matrix.array(of: Float.self), matrix.shape[1]) }

  subscript(row: Int) -> [Float] { Array(values[row * width..<(row + 1) * width]) }
  func column(_ column: Int) -> [Float] { stride(from: column, to: values.count, by: width).map { values[$0] } }
}

extension Box {
  /// Sides moved by parts of an extent.
  func moved(by parts: [Float], extent: (width: Float, height: Float)) -> Box {
    Box(
      left: left + parts[0] * extent.width, top: top + parts[1] * extent.height, right: right + parts[2] * extent.width,
      bottom: bottom + parts[3] * extent.height)
  }

  /// Width and height, if the right and the lower side are pixels of the box.
  var inclusiveExtent: (width: Float, height: Float) { (width + 1, height + 1) }

  /// The square around the same center.
  var squared: Box {
    let side = max(width, height)
    let (left, top) = (left + width * 0.5 - side * 0.5, top + height * 0.5 - side * 0.5)
    return Box(left: left, top: top, right: left + side, bottom: top + side)
  }

  /// Whole pixels of the image, the first of which the original counts as 1.
  func whole(in image: Image) -> Box {
    Box(
      left: max(left.rounded(.towardZero), 1) - 1, top: max(top.rounded(.towardZero), 1) - 1,
      right: min(right.rounded(.towardZero), Float(image.width)),
      bottom: min(bottom.rounded(.towardZero), Float(image.height)))
  }

  func isEmpty(in image: Image) -> Bool {
    let box = whole(in: image)
    return !(box.left < box.right && box.top < box.bottom)
  }
}

// MARK: The program

/// Draws faces with their scores.
func drawn(_ faces: [Face], on image: Image) throws -> Image {
  var picture = image.rgb()
  let width = max(1, min(image.height, image.width) / 200)
  let font = try Font.system(size: max(12, min(image.height, image.width) / 30))
  for face in faces {
    picture.draw(face.box, color: .green, lineWidth: width)
    for point in face.landmarks {
      picture.draw(Polygon([point]), color: .red, lineWidth: Float(3 * width))
    }
    let place = Point(x: face.box.left, y: face.box.top - Float(font.size) * 1.25)
    try picture.draw(percent(face.score), at: place, font: font, color: .black, background: .green)
  }
  return picture
}

func percent(_ score: Float) -> String { "\((score * 1000).rounded() / 10) %" }

func line(_ face: Face) -> String {
  ([face.box.left, face.box.top, face.box.right, face.box.bottom, face.score] + face.landmarks.flatMap { [$0.x, $0.y] })
    .map { "\($0)" }.joined(separator: " ")
}

/// Milliseconds and faces for each line, the path of an image; `threads N` sets the number of threads.
func serve(_ detector: FaceDetector) throws {
  while let input = readLine() {
    if input.hasPrefix("threads ") {
      Runtime.threadCount = Int(input.dropFirst(8)) ?? 0
      continue
    }
    let image = try Image(contentsOf: input)
    let clock = ContinuousClock()
    let start = clock.now
    let faces = try detector.faces(in: image)
    let seconds = (clock.now - start) / .seconds(1)
    print("\(seconds * 1000) \(faces.count)")
    for face in faces { print(line(face)) }
  }
}

func check(_ detector: FaceDetector, _ folder: String) throws {
  func compare(_ name: String, _ network: some Network, results: Int) throws {
    let input = try Npy.read("\(folder)/\(name)-x.npy")
    let expected = try (0..<results).map { try Npy.read("\(folder)/\(name)-\($0).npy") }
    for comparison in try network.compare([input], with: expected, tolerance: 1e-5) { print("\(name): \(comparison)") }
  }
  try compare("pnet", detector.proposal, results: 2)
  try compare("rnet", detector.refinement, results: 2)
  try compare("onet", detector.output, results: 3)
}

let arguments = CommandLine.arguments.dropFirst()
switch (arguments.count, arguments.dropFirst().first) {
case (2, "--serve"):
  try serve(FaceDetector(weights: arguments[1]))
case (3, "--check"):
  try check(FaceDetector(weights: arguments[1]), arguments[3])
case (2, let file?), (3, let file?):
  let image = try Image(contentsOf: file)
  let faces = try FaceDetector(weights: arguments[1]).faces(in: image)
  for face in faces {
    let sides = [face.box.left, face.box.top, face.box.right, face.box.bottom].map { "\($0.rounded())" }
    print("\(percent(face.score)) left, top, right, bottom: \(sides.joined(separator: ", "))")
  }
  print("\(faces.count) faces")
  if arguments.count == 3 { try drawn(faces, on: image).write(to: arguments[3]) }
default:
  print("FaceDetector.swift WEIGHTS IMAGE [OUTPUT]; the weights are in the folder facenet_pytorch/data of the package")
}
