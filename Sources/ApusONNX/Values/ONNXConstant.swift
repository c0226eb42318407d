import Apus

/// A value that does not depend on the input: an initializer, or what was computed of some when the file was read.
final class ONNXConstant {
  enum Content {
    case floats(Parameter)
    case numbers(HostArray)
  }

  /// Of the initializer, or of the value that was computed.
  let name: String
  let shape: [Int]
  let content: Content
  /// The same floats for arithmetic with shapes, if there are few.
  private let hostFloats: HostArray?

  private static let mostHostFloats = 64

  init(_ name: String, _ tensor: Tensor) {
    self.name = name
    shape = Array(tensor.shape)
    content = .floats(Parameter(tensor))
    hostFloats =
      tensor.elementCount <= ONNXConstant.mostHostFloats
      ? try? HostArray(.numbers(tensor.array(of: Float.self).map(Double.init)), shape: Array(tensor.shape)) : nil
  }

  /// Numbers that are not whole may become a weight, and stay as exact as they were computed for arithmetic with shapes.
  init(_ name: String, _ array: HostArray) {
    self.name = name
    shape = array.shape
    content =
      array.isWhole
      ? .numbers(array) : .floats(Parameter(Tensor(array.numbers.map { Float($0) }, shape: Shape(array.shape))))
    hostFloats = array.isWhole ? nil : array
  }

  /// The numbers for arithmetic with shapes; `nil` if they are many floats.
  var host: HostArray? {
    switch content {
    case .floats: hostFloats
    case .numbers(let array): array
    }
  }

  /// The floats; `nil` if it is something else.
  var parameter: Parameter? {
    if case .floats(let parameter) = content { parameter } else { nil }
  }
}
