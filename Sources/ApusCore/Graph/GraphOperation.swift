/// The operations of a graph and their settings, by the names that they have in it.
extension Graph {
  /// What a node does to its inputs.
  public typealias Operation = TensorOperation
  /// Pixels on the four sides of an image.
  public typealias Edges = ImageEdges
  /// Settings of a convolution or a transposed one.
  public typealias Convolution = ConvolutionSettings
  /// The windows of max and average pooling.
  public typealias Pool = PoolingSettings
  /// The windows that are copied out.
  public typealias Patches = PatchSettings
  /// How the pixels of another size are made.
  public typealias Resize = ResizeSettings
  /// Functions of one element, some with a setting.
  public typealias Activation = ActivationFunction
  /// What the elements along the axes become.
  public typealias Reduction = ReductionFunction
  /// Functions of two elements.
  public typealias Binary = BinaryFunction
  /// Functions of one element without a setting.
  public typealias Unary = UnaryFunction
}
