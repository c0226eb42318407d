import Apus
import Foundation
import Testing

/// A file that Tests/Fixtures/make-fixtures.py has made: inputs, what PyTorch computes from them, and how far float32 arithmetic
/// may be from that.
struct PyTorchFixture {
  private let tensors: [String: Tensor]
  private let file: String

  init(_ name: String) throws {
    file = repositoryFile("Tests/Fixtures/pytorch-\(name).safetensors")
    tensors = try Safetensors.read(file).tensors
  }

  /// The names before the first slash.
  var cases: [String] {
    every(Set(tensors.keys.compactMap { $0.split(separator: "/").first.map(String.init) })).sorted()
  }

  subscript(name: String) -> Tensor {
    guard let tensor = tensors[name] else { fatalError("\(file) has no tensor \(name)") }
    return tensor
  }

  func integers(_ name: String) -> [Int] { self[name].array(of: Int32.self).map { Int($0) } }

  /// The tensors whose names begin with `prefix`, by the rest of their names, without tolerances.
  func group(_ prefix: String) -> [String: Tensor] {
    var group: [String: Tensor] = [:]
    for (name, tensor) in tensors where name.hasPrefix(prefix) && !name.hasSuffix(".tolerance") {
      group[String(name.dropFirst(prefix.count))] = tensor
    }
    return every(group)
  }

  /// Every element of `tensor` must be within its tolerance of the file's tensor `name`; NaN never is.
  func expect(_ tensor: Tensor, is name: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let expected = self[name]
    #expect(tensor.elementCount == expected.elementCount, "\(name)", sourceLocation: sourceLocation)
    if tensor.rank > 0 { #expect(tensor.shape == expected.shape, "\(name)", sourceLocation: sourceLocation) }
    let (got, wanted) = (tensor.array(of: Float.self), expected.array(of: Float.self))
    let tolerances = self[name + ".tolerance"].array(of: Float.self)
    var worst: (index: Int, excess: Float)?
    for index in 0..<min(got.count, wanted.count) {
      let tolerance = tolerances[tolerances.count == 1 ? 0 : index]
      let difference = abs(got[index] - wanted[index])
      if !(difference <= tolerance), !(difference - tolerance <= worst?.excess ?? -1) {
        worst = (index, difference - tolerance)
      }
    }
    if let worst {
      let index = worst.index
      Issue.record(
        """
        \(name), element \(index): \(got[index]) and PyTorch's \(wanted[index]) \
        are further apart than \(tolerances[tolerances.count == 1 ? 0 : index])
        """, sourceLocation: sourceLocation)
    }
  }
}
