import ApusCore

/// How the axes of a parameter or buffer lie here and in PyTorch's files. The layer's type and the property say which; shapes alone do
/// not: a 3×3 filter from 3 to 3 channels reads either way.
public enum WeightLayout: Hashable, Sendable {
  /// The same: vectors, and whatever has no twin in PyTorch.
  case same
  /// A convolution's [KH, KW, C / groups, K], there (K, C / groups, KH, KW); a transposed convolution's [KH, KW, K / groups, C], there
  /// (C, K / groups, KH, KW). Of sequences [kernel, C / groups, K], there (K, C / groups, kernel).
  case filters
  /// A linear layer's [in, out], there (out, in).
  case matrix
  /// A number for each position and channel, [H, W, C], there (C, H, W).
  case image
  /// A matrix whose rows are the features of a flattened image of this shape, [H, W, C], there with columns in the order (C, H, W), or
  /// in that of these axes of the shape.
  case matrixOfImage(Shape, inFile: [Int]? = nil)
  /// A vector with a number per feature of a flattened image of this shape, there in the order (C, H, W), or in that of these axes of
  /// the shape.
  case vectorOfImage(Shape, inFile: [Int]? = nil)

  /// From our layout to PyTorch's. Elements move, none is computed.
  func exported(_ value: Tensor) -> Tensor {
    switch self {
    case .same: return value
    case .filters: return value.transposed(Self.filtersFirst(value.rank))
    case .matrix: return value.transposed()
    case .image: return value.transposed(Self.channelsFirst(value.rank))
    case .matrixOfImage(let image, let order):
      let (inputs, outputs) = (value.shape[0], value.shape[1])
      let there = [image.count] + (order ?? Self.channelsFirst(image.count))
      return value.reshaped(Shape(image + [outputs])).transposed(there).reshaped([outputs, inputs])
    case .vectorOfImage(let image, let order):
      return value.reshaped(image).transposed(order ?? Self.channelsFirst(image.count)).reshaped(value.shape)
    }
  }

  /// From PyTorch's layout to ours; `shape` is ours.
  func imported(_ value: Tensor, shape: Shape) -> Tensor {
    switch self {
    case .same: return value
    case .filters: return value.transposed(Self.filtersLast(value.rank))
    case .matrix: return value.transposed()
    case .image: return value.transposed(Self.channelsLast(value.rank))
    case .matrixOfImage(let image, let order):
      let there = order ?? Self.channelsFirst(image.count)
      let here = Self.inverse(there).map { $0 + 1 } + [0]
      return value.reshaped(Shape([shape[1]] + there.map { image[$0] })).transposed(here).reshaped(shape)
    case .vectorOfImage(let image, let order):
      let there = order ?? Self.channelsFirst(image.count)
      return value.reshaped(Shape(there.map { image[$0] })).transposed(Self.inverse(there)).reshaped(shape)
    }
  }

  /// The shape in PyTorch's file of what has `shape` here.
  package func exported(_ shape: Shape) -> Shape {
    switch self {
    case .same, .vectorOfImage: shape
    case .filters: Shape(Self.filtersFirst(shape.count).map { shape[$0] })
    case .matrix, .matrixOfImage: Shape(shape.reversed())
    case .image: Shape(Self.channelsFirst(shape.count).map { shape[$0] })
    }
  }

  private static func filtersFirst(_ rank: Int) -> [Int] { [rank - 1, rank - 2] + (0..<rank - 2) }

  private static func filtersLast(_ rank: Int) -> [Int] { (2..<rank) + [1, 0] }

  private static func channelsFirst(_ rank: Int) -> [Int] { [rank - 1] + (0..<rank - 1) }

  private static func inverse(_ order: [Int]) -> [Int] { order.indices.sorted { order[$0] < order[$1] } }

  private static func channelsLast(_ rank: Int) -> [Int] { (1..<rank) + [0] }
}

/// What a layer's twin in PyTorch calls its parameters and buffers, and how they lie there.
public struct PyTorchTwin: Hashable, Sendable {
  /// A parameter or buffer: its two names, and how its axes lie.
  public struct Weight: Hashable, Sendable {
    /// The property here.
    package var property: String
    /// Its name there.
    package var name: String
    /// How its axes lie here and there.
    package var layout: WeightLayout

    /// `name`: where it is not the property's.
    public init(_ property: String, _ layout: WeightLayout, name: String? = nil) {
      self.property = property
      self.name = name ?? property
      self.layout = layout
    }
  }

  /// The layer's parameters and buffers. One that is not listed is in the file under its own path, with its axes as they are.
  package var weights: [Weight]
  /// Integers that PyTorch keeps beside them and that nothing here depends on: written as 0, not read.
  package var counters: [String]

  /// Only batch norms have counters.
  public init(_ weights: [Weight], counters: [String] = []) {
    self.weights = weights
    self.counters = counters
  }
}

/// A layer that says how its parameters and buffers are called and lie in PyTorch's files. Those of a layer that does not say so keep
/// their names and axes, and the receipt lists them.
public protocol PyTorchTwinned: Layer {
  /// The layer's parameters and buffers in the file.
  var twin: PyTorchTwin { get }
}
