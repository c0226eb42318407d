/// The operations of a graph and their settings, by the names that they have in it.
extension Graph {
  /// What a node does to its inputs.
  package typealias Operation = TensorOperation
  /// Pixels on the four sides of an image.
  package typealias Edges = ImageEdges
  /// Settings of a convolution or a transposed one.
  package typealias Convolution = ConvolutionSettings
  /// The windows of max and average pooling.
  package typealias Pool = PoolingSettings
  /// The windows that are copied out.
  package typealias Patches = PatchSettings
  /// How the pixels of another size are made.
  package typealias Resize = ResizeSettings
  /// Functions of one element, some with a setting.
  package typealias Activation = ActivationFunction
  /// What the elements along the axes become.
  package typealias Reduction = ReductionFunction
  /// Functions of two elements.
  package typealias Binary = BinaryFunction
  /// Functions of one element without a setting.
  package typealias Unary = UnaryFunction
}
