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

  init(_ name: String, _ array: HostArray) {
    self.name = name
    shape = array.shape
    content = .numbers(array)
    hostFloats = nil
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
