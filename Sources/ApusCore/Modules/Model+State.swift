/// A layer that names its parts itself, where its properties do not show them: parts held in dictionaries, closures or enums.
public protocol NamedParts {
  /// Layers, parameters, buffers, or arrays and optionals of them, by the name that their paths begin with.
  var parts: [(name: String, part: Any)] { get }
}

extension Model {
  /// All parameters with their paths, in the order of the properties, a superclass's first, each once. Walks the model by
  /// reflection (0.4 ms for ResNet-50): not for the inside of a training loop. Stamps `path` on parameters and buffers.
  public var parameters: ParameterList { ModelWalk(self).parameters }

  /// All buffers with their paths, in the order of the properties.
  public var buffers: BufferList { ModelWalk(self).buffers }

  /// Parameters and buffers by path, in the order of the walk: what a file of the model holds.
  public func state() -> [(name: String, value: Tensor)] {
    ModelWalk(self).entries.map { entry in
      switch entry.cell {
      case .parameter(let parameter): (entry.path, parameter.ownValue.detached())
      case .buffer(let buffer): (entry.path, buffer.ownValue)
      }
    }
  }

  /// Sets parameters and buffers from values by path. Every one must be there with its shape; others are refused. On an error
  /// nothing is changed.
  ///
  /// - Parameter source: where the values come from, for the error's text: a file.
  public func load(_ state: [String: Tensor], from source: String) throws {
    let entries = ModelWalk(self).entries
    for entry in entries {
      let expected =
        switch entry.cell {
        case .parameter(let parameter): (parameter.shape, ScalarType.float32)
        case .buffer(let buffer): (buffer.shape, buffer.ownValue.scalarType)
        }
      try CheckpointError.check(
        state[entry.path], named: entry.path, shape: expected.0, type: expected.1, source: source)
    }
    let known = Set(entries.map(\.path))
    if let extra = state.keys.filter({ !known.contains($0) }).sorted().first {
      throw CheckpointError(
        source: source, tensor: extra, expected: "only tensors that the model has", found: "this one beside them")
    }
    for entry in entries {
      switch entry.cell {
      case .parameter(let parameter): parameter.value = state[entry.path]!
      case .buffer(let buffer): buffer.value = state[entry.path]!
      }
    }
  }
}

/// A file's tensors that do not fit the model or the optimizer.
public struct CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file.
  package var source: String
  /// The tensor's name: its path in the model, or its name in the file.
  package var tensor: String
  /// What should be there: "float32 of shape [6]".
  package var expected: String
  /// What is there, in the same words: "no such tensor".
  package var found: String

  /// The parts of the text that `description` joins.
  package init(source: String, tensor: String, expected: String, found: String) {
    self.source = source
    self.tensor = tensor
    self.expected = expected
    self.found = found
  }

  /// One line, `FILE: tensor NAME: expected …, found …`.
  public var description: String { "\(source): tensor \(tensor): expected \(expected), found \(found)" }

  package static func check(_ value: Tensor?, named name: String, shape: Shape, type: ScalarType, source: String) throws
  {
    let expected = "\(type.rawValue) of shape \(shape)"
    guard let value else {
      throw CheckpointError(source: source, tensor: name, expected: expected, found: "no such tensor")
    }
    if value.shape != shape || value.scalarType != type {
      throw CheckpointError(
        source: source, tensor: name, expected: expected, found: "\(value.scalarType.rawValue) of shape \(value.shape)")
    }
  }
}
