#!/usr/bin/env -S apus script
import Apus
import ApusONNX

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// Writes networks as ONNX files for compare-onnxruntime, which gives their names on standard input, one a line. Of each it leaves in
// FOLDER: plain.onnx, folded.onnx, and values.safetensors with an input "x" [N, …] and this library's output "y"; then a line here.
// A file for any number of samples has "x1" and "y1" of other batches beside it, here of one: a number that is right for one batch only
// shows so.
//   export-onnx.swift FOLDER

guard CommandLine.arguments.count == 2 else { fatalError("usage: export-onnx.swift FOLDER") }
let folder = CommandLine.arguments[1]

/// A line for the other process, at once.
func tell(_ words: [String]) {
  print(words.joined(separator: "\t"))
  fflush(nil)
}

/// A model, a sample's shape, how many samples the input has and other inputs have, and those for which the file is written.
struct Subject {
  var model: any Layer
  var sample: Shape
  var count = 2
  var others = [1, 5]
  var traced = 1
  var batch = ONNXOptions.Batch.dynamic
}

/// A layer from a function.
struct Function: Layer {
  let function: (Tensor) -> Tensor
  let state: [Parameter]

  init(_ state: Parameter..., function: @escaping (Tensor) -> Tensor) {
    self.function = function
    self.state = state
  }

  func forward(_ x: consuming Tensor) -> Tensor { function(x) }
}

extension Function: NamedParts {
  var parts: [(name: String, part: Any)] { state.enumerated().map { ("\($0.offset)", $0.element) } }
}

/// Layers and operations that the networks do not have.
let operations: [(name: String, subject: Subject)] = {
  let image: Shape = [9, 8, 6]
  func images(_ layers: any Layer...) -> Subject { Subject(model: Sequential(layers), sample: image) }
  func rows(_ layers: any Layer...) -> Subject { Subject(model: Sequential(layers), sample: [12]) }
  func function(_ sample: Shape, _ function: @escaping (Tensor) -> Tensor) -> Subject {
    Subject(model: Function(function: function), sample: sample)
  }
  /// For what is another thing for one sample than for several.
  func several(_ sample: Shape, _ function: @escaping (Tensor) -> Tensor) -> Subject {
    Subject(model: Function(function: function), sample: sample, traced: 2)
  }
  var all: [(name: String, subject: Subject)] = [
    (
      "groups, dilation", images(Conv2D(6, 4, kernel: [3, 2], stride: [1, 2], padding: .same, dilation: 2, groups: 2))
    ),
    (
      "uneven padding",
      images(Conv2D(6, 4, kernel: 3, stride: 2, padding: .explicit(top: 0, left: 2, bottom: 1, right: 0)))
    ),
    (
      "transposed convolution",
      images(ConvTranspose2D(6, 4, kernel: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2))
    ),
    ("transposed convolution, same", images(ConvTranspose2D(6, 4, kernel: 2, stride: 3, padding: .same))),
    ("locally connected", images(LocallyConnected2D(6, 4, kernel: 3, inputSize: [9, 8], padding: 1))),
    ("group norm", images(Conv2D(6, 6, kernel: 1), GroupNorm(6, groups: 3))),
    ("group norm of rows", rows(GroupNorm(12, groups: 3))),
    ("group norm of sequences", Subject(model: GroupNorm(6, groups: 3), sample: [7, 6])),
    ("instance norm", images(InstanceNorm(6))),
    ("instance norm, affine", images(InstanceNorm(6, affine: true))),
    ("layer norm", images(LayerNorm([9, 8, 6]))),
    ("layer norm of channels", images(LayerNorm(6), Conv2D(6, 2, kernel: 3))),
    ("batch norm of rows", rows(Linear(12, 8), BatchNorm(8), ReLU())),
    ("batch norm per activation", images(BatchNorm(perActivation: [9, 8, 6]))),
    ("batch-instance norm", images(BatchInstanceNorm(6))),
    ("weight standardization", images(WeightStandardizedConv2D(6, 4, kernel: 3))),
    (
      "ceil mode",
      images(MaxPool2D(3, stride: 2, ceilMode: true), AveragePool2D(2, stride: 2, padding: 0, ceilMode: true))
    ),
    ("ceil mode with padding", images(MaxPool2D(3, stride: 2, padding: 1, ceilMode: true))),
    ("average of padding", images(AveragePool2D(3, stride: 2, padding: 1))),
    ("average without padding", images(AveragePool2D(3, stride: 2, padding: 1, countsPadding: false))),
    ("global maximum", images(GlobalMaxPool2D(), Flatten(), Linear(6, 3))),
    ("adaptive pooling, even", images(AdaptiveAveragePool2D([3, 4]), Flatten(), Linear(72, 3))),
    ("adaptive pooling, uneven", images(AdaptiveAveragePool2D([4, 3]), Flatten(), Linear(72, 3))),
    ("adaptive pooling to one", images(AdaptiveAveragePool2D(1), Flatten(), Linear(6, 3))),
    ("adaptive pooling, larger", images(AdaptiveAveragePool2D([11, 8]))),
    ("channel pooling", images(ChannelPool(3), Conv2D(2, 2, kernel: 1))),
    ("response norm", images(LocalResponseNorm(5, alpha: 0.5, beta: 0.6, k: 1.5))),
    ("dropout, activation, flattening", images(Flatten(), Dropout(dropProbability: 0.5), Tanh(), Linear(432, 3))),
    ("two flattenings", images(Flatten(), Residual { Linear(432, 432) }, Softmax())),
    ("flattening at the end", images(ReLU(), Flatten())),
    ("softmax of channels", images(Softmax())),
    ("softmax of rows", images(Softmax(axis: 1), LogSoftmax(axis: 2))),
    ("logarithm of softmax", rows(LogSoftmax())),
    ("prelu", images(PReLU())),
    ("prelu a channel", images(PReLU(6))),
    ("prelu of rows", rows(PReLU(12))),
    ("maxout", images(Maxout(3))),
    ("maxout of rows", rows(Maxout(4))),
    ("identity", images(Identity())),
    ("resize by antialiasing", function(image) { resize2d($0, height: 5, width: 11, antialias: true) }),
    ("resize by lanczos", function(image) { resize2d($0, height: 4, width: 6, filter: .lanczos, antialias: true) }),
    ("resize by parts", function(image) { resize2d($0, height: 12, width: 10, filter: .bicubic) }),
    ("gate", function(image) { $0 * sigmoid(globalAveragePool2d($0)) }),
    ("gate from rows", function(image) { $0 * $0.mean(axes: [1, 2]).reshaped([$0.shape[0], 1, 1, 6]).exp() }),
    (
      "slices",
      function(image) {
        $0.slice(axis: 3, range: 1..<4) * $0.slice(axis: 3, range: 3..<6)
          + $0.slice(axis: 1, range: 2..<3).slice(axis: 3, range: 0..<1)
      }
    ),
    (
      "slices by steps",
      function(image) { $0.slice(axis: 1, range: 1..<9, by: 3) + $0.slice(axis: 1, range: 0..<8, by: -3) }
    ),
    ("reflections", function(image) { $0.padded([(0, 0), (3, 4), (2, 0), (1, 1)], mode: .reflect) }),
    ("replications", function(image) { $0.padded([(0, 0), (3, 4), (2, 0), (1, 1)], mode: .replicate) }),
    ("numbers around rows", function([12]) { $0.padded([(0, 0), (3, 4)], mode: .constant(0.5)) }),
    ("subscripts", function(image) { $0[.all, 1..<3, .last(3), -1] }),
    (
      "tiles",
      function(image) {
        Tensor.stacked($0.split(into: 2, axis: 2), axis: 2).tiled([1, 1, 1, 2, 1]).unsqueezed(1).squeezed(1)
      }
    ),
    ("concatenations", function(image) { Tensor.concatenated([$0, -$0, $0.square()], axis: 2) }),
    ("concatenation of rows", function([12]) { Tensor.concatenated([$0, $0.abs().sqrt()]) }),
    (
      "transposes",
      function(image) { $0.transposed([0, 2, 1, 3]).reshaped([-1, 9 * 8, 6].dynamic($0)).transposed([0, 2, 1]) }
    ),
    (
      "reductions",
      function(image) {
        $0.sum(axes: [3], keepingAxes: true) * $0.max(axes: [1], keepingAxes: true)
          - $0.min(axes: [2], keepingAxes: true)
      }
    ),
    (
      "reductions without axes",
      function(image) { $0.mean(axes: [3]) + $0.sum(axes: [2, 3]).reshaped([-1, 9, 1].dynamic($0)) }
    ),
    ("elements", function(image) { 1 / (2 + $0.abs()) - (($0.square() + 1).log() * 3 - 0.5).reciprocal() + $0.sign() }),
    ("powers", function(image) { ($0.abs() + 0.1).power(1.7) }),
    (
      "images at places",
      function(image) { gridSample($0, $0[.all, 2..<7, 1..<5, 1..<3], padding: .replicate, alignCorners: true) }
    ),
    ("attention", Subject(model: MultiHeadAttention(6, heads: 2), sample: [7, 6])),
    (
      "sequences",
      Subject(
        model: Sequential([Conv1D(6, 4, kernel: 3, padding: .same), MaxPool1D(2), AveragePool1D(2)]), sample: [9, 6])
    ),
    ("squeeze and excitation", images(SqueezeExcitation(6, squeezed: 2), LayerScale(6), Pad2D(1, mode: .replicate))),
    ("nearest pixels", function(image) { gridSample($0, $0[.all, 2..<7, 1..<5, 1..<3], filter: .nearest) }),
    ("powers of tensors", function(image) { ($0.abs() + 0.5).power($0) }),
    ("error function", function(image) { ($0 * 1.5).erf() + $0.floor() - $0.ceil() + ($0 * 3).round() }),
    (
      "selections",
      function(image) {
        Tensor.select($0 .> 0.2, $0, Tensor([1, 2, 3, 4, 5, 6] as [Float])) * ($0 .<= 1).cast(to: .float32)
      }
    ),
    ("a constant mask", function([12]) { Tensor.select(Tensor((0..<12).map { Float($0 % 3) }) .!= 0, $0, -$0) }),
    ("parts by index", function(image) { $0.take(Tensor([3, 0, 3]), axis: 2).take(Tensor([5, 1]), axis: 3) }),
    ("the largest", function(image) { $0.topK(3, axis: 1).values }),
    ("sorted", function([12]) { $0.gather($0.argSorted(), axis: 1) }),
    ("running sums", function(image) { $0.cumulativeSum(axis: 2) }),
    (
      "sums by index",
      Subject(
        model: Function(function: {
          $0.scatterAdd(Tensor([1, 1, 0, 2] as [Int32], shape: [2, 2]), $0.slice(axis: 1, range: 0..<2), axis: 1)
        }), sample: [4], batch: .fixed)
    ),
    (
      "pixel shuffle",
      function([4, 6, 8]) { pixelUnshuffle(pixelShuffle($0, factor: 2) * 2, factor: 4, channelsLast: true) }
    ),
    (
      "constants",
      function(image) {
        Tensor.maximum($0, Tensor([0, 0.1, 0.2, 0.3, 0.4, 0.5] as [Float])) * Tensor.uniform([8, 1], seed: 1)
      }
    ),
    ("products", function([5, 4]) { matmul($0, $0.transposed([0, 2, 1])) }),
    ("linear of sequences", Subject(model: Linear(6, 3), sample: [7, 6])),
    (
      "repetition",
      Subject(
        model: Function { ($0.reshaped([1, 2, 1, 12])).broadcast(to: [3, 2, 5, 12]) }, sample: [12], batch: .fixed)
    ),
    ("slice of the batch", function([12]) { $0[0..<1] + $0 }),
    ("two of the batch", Subject(model: Function { $0[0..<2] }, sample: [12], others: [5], traced: 2)),
    ("mean of the batch", function([12]) { $0 - $0.max(axes: [0]) }),
    ("mean for each sample", several([12]) { $0.mean(axes: [0], keepingAxes: true).broadcast(to: $0.shape) }),
    (
      "mean for two of each",
      several([12]) { $0.mean(axes: [0], keepingAxes: true).broadcast(to: [2 * $0.shape[0], 12]) }
    ),
    ("batch twice", function([12]) { Tensor.concatenated([$0, $0], axis: 0).reshaped([2, $0.shape[0], 12]) }),
    ("pairs", several([5]) { $0.reshaped([$0.shape[0], 1, 5]).broadcast(to: [$0.shape[0], $0.shape[0], 5]) }),
    ("products of pairs", function([5]) { softmax(matmul($0, $0.transposed())) }),
    (
      "pairs and back",
      several([4]) {
        let n = $0.shape[0]
        let pairs = $0.reshaped([n, 1, 4]) - $0.reshaped([1, n, 4])
        return pairs.reshaped([n * n, 4]).exp().reshaped([n, n, 4]).reshaped([n, 4 * n])
      }
    ),
    (
      "pairs of images",
      several(image) {
        let n = $0.shape[0]
        return $0.mean(axes: [1, 2]).reshaped([n, 1, 6]).broadcast(to: [n, n, 6]).reshaped([n * n, 1, 1, 6])
      }
    ),
    ("image as one row", function([2, 3, 4]) { $0.reshaped([1, 24 * $0.shape[0]]) }),
    (
      "one more",
      function([6]) {
        let more = Tensor.concatenated([$0, $0[0..<1]], axis: 0)
        return matmul(more, $0.transposed()).reshaped([$0.shape[0] + 1, $0.shape[0], 1])
      }
    ),
  ]
  for (filter, align) in [(ResampleFilter.nearest, false), (.bilinear, false), (.bilinear, true)] {
    all.append(
      (
        "upsampling, \(filter)\(align ? ", aligned" : "")",
        images(Upsample2D([2, 3], filter: filter, alignCorners: align))
      ))
  }
  all.append(("upsampling, bicubic", function(image) { resize2d($0, height: 18, width: 24, filter: .bicubic) }))
  let activations: [any Layer] = [
    Threshold(), Sigmoid(), Tanh(), Softplus(), GELU(), LeakyReLU(slope: 0.2), ELU(alpha: 0.7), GELU(.tanh), Swish(),
    Swish(beta: 1.5), HardSigmoid(), HardSwish(), Hardtanh(min: -0.5, max: 2), ReLU6(),
  ]
  for activation in activations { all.append(("\(activation)", images(activation))) }
  return all
}()

extension [Int] {
  /// With the batch's size in the place of −1.
  func dynamic(_ x: Tensor) -> Shape { Shape(map { $0 == -1 ? x.shape[0] : $0 }) }
}

/// Scales, shifts and statistics that are not 1 and 0. Variances are second moments, v + m², and means are half of the data's: with the
/// data's own, a deep plain network takes away what all inputs have in common, blows up the rest, and rounding with it.
func stir(_ model: any Layer, _ input: Tensor) {
  for (index, entry) in model.parameters.enumerated() where entry.parameter.shape.count <= 1 {
    let (value, stream) = (entry.parameter.value, UInt64(2 * index))
    entry.parameter.value =
      value * Tensor.uniform(value.shape, in: 0.7...1.3, seed: 7, stream: stream)
      + Tensor.normal(value.shape, deviation: 0.1, seed: 7, stream: stream + 1)
  }
  if !model.buffers.contains(where: { $0.path.hasSuffix("runningMean") }) { return }
  model.recomputeStatistics(over: [input])
  let buffers = Dictionary(uniqueKeysWithValues: model.buffers.map { ($0.path, $0.buffer) })
  for (path, mean) in buffers where path.hasSuffix("runningMean") {
    let variance = buffers[path.dropLast("Mean".count) + "Variance"]!
    variance.value = variance.value + mean.value.square()
    mean.value = mean.value * Tensor.uniform(mean.value.shape, in: 0...1, seed: 8)
  }
}

func subject(_ name: String) throws -> Subject {
  if let known = operations.first(where: { $0.name == name }) { return known.subject }
  let entry = try NetworkCatalogue.entry(name)
  let model = try NetworkCatalogue.make(name, input: entry.usualInput, classes: entry.usualClasses, seed: 1)
  return Subject(model: model, sample: entry.usualInput, others: [1, 3])
}

tell(["networks"] + NetworkCatalogue.names)
tell(["operations"] + operations.map(\.name))
while let name = readLine() {
  let subject = try subject(name)
  let x = Tensor.normal(Shape([subject.count] + subject.sample), seed: 3)
  stir(subject.model, x)
  let one = Shape([subject.batch == .dynamic ? subject.traced : subject.count] + subject.sample)
  let clock = ContinuousClock()
  var times: [Double] = []
  for (file, folds) in [("plain", false), ("folded", true)] {
    let time = try clock.measure {
      try subject.model.exportONNX(
        input: one, to: "\(folder)/\(file).onnx", options: ONNXOptions(foldsBatchNorms: folds, batch: subject.batch))
    }
    times.append(time / .seconds(1))
  }
  var values = [("x", x), ("y", subject.model(x))]
  if subject.batch == .dynamic {
    for count in subject.others {
      let other = Tensor.normal(Shape([count] + subject.sample), seed: 4)
      values += [("x\(count)", other), ("y\(count)", subject.model(other))]
    }
  }
  try Safetensors.write(values, to: folder + "/values.safetensors")
  tell(["done", name, "\(times[0])", "\(times[1])"])
}
