import ApusCore
import ApusLayers
import ApusSupport

/// LeNet-5 as published: exactly 60,000 trained parameters. LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to
/// document recognition", section II.B; the lectures' "60k parameters".
///
/// | layer | output | parameters |
/// |---|---|---|
/// | C1: 5×5 convolution | 28×28×6 | 156 |
/// | S2: trained subsampling | 14×14×6 | 12 |
/// | C3: 5×5 convolution, 60 of 96 pairs of maps connected | 10×10×16 | 1,516 |
/// | S4: trained subsampling | 5×5×16 | 32 |
/// | C5: 5×5 convolution | 1×1×120 | 48,120 |
/// | F6: linear | 84 | 10,164 |
/// | output: distances to ten fixed codes | 10 | 0 |
///
/// Every layer up to F6 is followed by the squashing function 1.7159 · tanh(2x / 3). Images are 32×32 with one channel, classes the ten
/// digits. The outputs here are minus the squared distances, so that the largest is the nearest and softmax applies. The codes are 7×12
/// bitmaps of ±1, as in the paper, but drawn anew. Initial weights: uniform in ±2.4 / fan-in, the paper's.
public struct LeNet5Original: Layer {
  /// 5×5, 1 → 6.
  package let c1: Conv2D
  /// Of c1's 6 maps, 28×28 → 14×14.
  package let s2: TrainedSubsampling2D
  /// 5×5, 6 → 16, by `connections`.
  package let c3: PartiallyConnectedConv2D
  /// Of c3's 16 maps, 10×10 → 5×5.
  package let s4: TrainedSubsampling2D
  /// 5×5, 16 → 120: one window covers the map.
  package let c5: Conv2D
  /// 120 → 84, the pixels of a code.
  package let f6: Linear
  /// [84, 10], fixed: a column a class
  package let codes: Buffer

  /// Which of S2's six maps each of C3's sixteen sees: the paper's table I.
  package static let connections: [[Int]] = [
    [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5],
    [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5],
    [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5],
  ]

  /// No options: images, classes and codes are the paper's.
  public init() {
    let initializer = Initializer { shape, fanIn, _, seed, stream in
      let bound = 2.4 / Float(fanIn)
      return .uniform(shape, in: -bound...bound, seed: seed, stream: stream)
    }
    c1 = Conv2D(1, 6, kernel: 5, initializer: initializer)
    s2 = TrainedSubsampling2D(6)
    c3 = PartiallyConnectedConv2D(6, LeNet5Original.connections, kernel: 5, initializer: initializer)
    s4 = TrainedSubsampling2D(16)
    c5 = Conv2D(16, 120, kernel: 5, initializer: initializer)
    f6 = Linear(120, 84, initializer: initializer)
    codes = Buffer(DigitCodes.matrix)
    codes.isFrozen = true
  }

  /// [N, 32, 32, 1] → minus the squared distances to the codes, [N, 10]: at most 0.
  public func forward(_ x: consuming Tensor) -> Tensor {
    func squash(_ x: Tensor) -> Tensor { (x * (2.0 / 3)).tanh() * 1.7159 }
    let maps = squash(s4(squash(c3(squash(s2(squash(c1(x))))))))
    let h = squash(f6(flatten(squash(c5(maps)))))
    if h.isPoisoned { return h }
    // −‖h − code‖² = 2·h·code − ‖h‖² − ‖code‖²
    let lengths = (h * h).sum(axes: [1], keepingAxes: true)
    return matmul(h, codes.value) * 2 - lengths - Double(DigitCodes.pixels)
  }
}

/// Subsampling with learned scale and shift: y = coefficient · (sum of a 2×2 window) + bias, both a channel's.
/// [N, H, W, C] → [N, H / 2, W / 2, C]. LeCun et al. 1998. Initially the mean: coefficient ¼, bias 0.
package struct TrainedSubsampling2D: Layer {
  /// [C]
  package let coefficient: Parameter
  /// [C]
  package let bias: Parameter

  /// Traps if `channels` is below 1.
  package init(_ channels: Int) {
    if channels < 1 { fatalError("TrainedSubsampling2D(\(channels)): at least one channel") }
    coefficient = Parameter(.full([channels], 0.25))
    bias = Parameter(.zeros([channels]))
  }

  /// [N, H, W, C] → [N, ⌊H / 2⌋, ⌊W / 2⌋, C].
  package func forward(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    guard x.rank == 4, x.shape[3] == coefficient.shape[0] else {
      return shapeFailure(
        "TrainedSubsampling2D", "expects [N, H, W, \(coefficient.shape[0])], input is \(x.shape)", input: x)
    }
    return averagePool2d(x, kernel: 2) * (coefficient.value * 4) + bias.value
  }
}

/// A convolution whose output maps see some of the input maps each: [N, H, W, C] → [N, OH, OW, K], stride 1, no padding.
/// LeCun et al. 1998, table I. It is computed as a convolution with zeros where there is no connection.
package struct PartiallyConnectedConv2D: Layer {
  /// [KH, KW, connections]: those of the first output map, then of the second, …
  package let weight: Parameter
  /// [K]
  package let bias: Parameter
  /// C, of which each output map sees some.
  package let inputChannels: Int
  /// Input maps of each output map.
  package let connections: [[Int]]

  /// Weights are drawn for each output map's own fan-in, KH·KW times the maps that it sees; the bias begins at 0.
  ///
  /// - Parameter connections: for each output map different numbers in 0..<inputChannels, at least one. Traps on others.
  package init(
    _ inputChannels: Int, _ connections: [[Int]], kernel: IntOrPair, initializer: Initializer = .kaimingNormal()
  ) {
    for (output, inputs) in connections.enumerated()
    where inputs.isEmpty || Set(inputs).count != inputs.count
      || !inputs.allSatisfy({ (0..<inputChannels).contains($0) })
    {
      fatalError(
        "PartiallyConnectedConv2D: output map \(output) sees \(inputs), expected different maps of 0..<\(inputChannels)"
      )
    }
    if connections.isEmpty { fatalError("PartiallyConnectedConv2D: no output maps") }
    if !kernel.isSize { fatalError("PartiallyConnectedConv2D: kernel \(kernel) must be in 1...\(IntOrPair.largest)") }
    let area = kernel.height * kernel.width
    // Each map is drawn for its own fan-in, and joined to the others along the last axis.
    let parts = connections.map { inputs in
      initializer.tensor(
        [kernel.height, kernel.width, inputs.count], fanIn: area * inputs.count, fanOut: area * connections.count)
    }
    weight = Parameter(Tensor.concatenated(parts))
    bias = Parameter(.zeros([connections.count]))
    self.inputChannels = inputChannels
    self.connections = connections
  }

  /// [N, H, W, C] → [N, H − KH + 1, W − KW + 1, K].
  package func forward(_ x: consuming Tensor) -> Tensor {
    convolution(
      x, weight: dense, bias: bias.value, stride: 1, padding: 0, dilation: 1, groups: 1)
  }

  /// [KH, KW, C, K] with zeros: the weights times a matrix that puts each at its place. The matrix is made here, not kept: a network
  /// that is made without values gets those of its parameters and buffers alone from a file.
  private var dense: Tensor {
    let (height, width, count) = (weight.shape[0], weight.shape[1], weight.shape[2])
    let places = Tensor(shape: [count, inputChannels * connections.count], of: Float.self) { buffer in
      buffer.initialize(repeating: 0)
      var row = 0
      for (output, inputs) in connections.enumerated() {
        for input in inputs {
          buffer[row * inputChannels * connections.count + input * connections.count + output] = 1
          row += 1
        }
      }
    }
    return matmul(weight.value.reshaped([height * width, count]), places).reshaped([
      height, width, inputChannels, connections.count,
    ])
  }
}
