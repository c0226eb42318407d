/// Finds a model's parameters and buffers by reflection. Paths are property names and array indices joined by dots; optionals and
/// property wrappers add no segment; superclasses come first. Where reflection would miss state or give it an unstable name, the
/// walk traps and says so: `NamedParts` is the way out.
struct ModelWalk {
  enum Cell {
    case parameter(Parameter)
    case buffer(Buffer)
  }

  private(set) var entries: [(path: String, cell: Cell)] = []
  private var seen: Set<ObjectIdentifier> = []

  init(_ model: some Layer) { visit(model, at: "") }

  var parameters: ParameterList {
    ParameterList(
      entries.compactMap { entry in
        if case .parameter(let parameter) = entry.cell { (entry.path, parameter) } else { nil }
      })
  }

  var buffers: BufferList {
    BufferList(
      entries.compactMap { entry in
        if case .buffer(let buffer) = entry.cell { (entry.path, buffer) } else { nil }
      })
  }

  private mutating func visit(_ value: Any, at path: String) {
    switch value {
    case let parameter as Parameter:
      guard seen.insert(ObjectIdentifier(parameter)).inserted else { return }
      parameter.path = path
      entries.append((path, .parameter(parameter)))
    case let buffer as Buffer:
      guard seen.insert(ObjectIdentifier(buffer)).inserted else { return }
      buffer.path = path
      entries.append((path, .buffer(buffer)))
    case let named as any NamedParts:
      (value as? any PathHolder)?.pathCell.path = path
      for (name, part) in named.parts { visit(part, at: joined(path, name)) }
    default: visitProperties(of: value, at: path)
    }
  }

  private mutating func visitProperties(of value: Any, at path: String) {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
      if let wrapped = mirror.children.first { visit(wrapped.value, at: path) }
    case .collection:
      for (index, child) in mirror.children.enumerated() {
        // Arrays of numbers have no parts: the first element shows it.
        if index == 0 && Mirror(reflecting: child.value).children.isEmpty && !isPart(child.value) { return }
        visit(child.value, at: joined(path, "\(index)"))
      }
    case .struct, .class:
      visitChildren(of: mirror, value: value, at: path)
    case .dictionary, .set, .tuple, .enum:
      if containsPart(mirror) {
        fatalError(
          """
          \(path.isEmpty ? "the model" : path): a layer's state in a \(mirror.displayStyle!) \
          has no stable name; use properties or arrays, or adopt NamedParts
          """)
      }
    default: checkOpaque(value, at: path)
    }
  }

  private mutating func visitChildren(of mirror: Mirror, value: Any, at path: String) {
    if value is Tensor { return }
    if let parent = mirror.superclassMirror { visitChildren(of: parent, value: 0, at: path) }
    for child in mirror.children {
      var name = child.label ?? ""
      if name.hasPrefix("$__lazy_storage_$_") {
        if mentionsPart(type(of: child.value)) {
          fatalError(
            "\(joined(path, String(name.dropFirst(18)))): a lazy layer is not there when parameters are listed; make it a let"
          )
        }
        continue
      }
      // A property wrapper's storage: `_name` with a wrappedValue.
      if name.hasPrefix("_"),
        let wrapped = Mirror(reflecting: child.value).children.first(where: { $0.label == "wrappedValue" })
      {
        name.removeFirst()
        visit(wrapped.value, at: joined(path, name))
        continue
      }
      visit(child.value, at: joined(path, name))
    }
  }

  /// A closure may hold parameters that nothing shows.
  private func checkOpaque(_ value: Any, at path: String) {
    if "\(type(of: value))".contains("->") {
      fatalError(
        "\(path): a closure may hold parameters that cannot be seen; adopt NamedParts to list the layer's parts")
    }
  }

  private func isPart(_ value: Any) -> Bool { value is any Layer || value is Parameter || value is Buffer }

  private func containsPart(_ mirror: Mirror) -> Bool {
    mirror.children.contains { child in
      if isPart(child.value) { return true }
      let inner = Mirror(reflecting: child.value)
      return inner.displayStyle != nil && inner.displayStyle != .class && containsPart(inner)
    }
  }

  private func mentionsPart(_ type: Any.Type) -> Bool {
    if type is any Layer.Type || type is Parameter.Type || type is Buffer.Type { return true }
    guard let optional = type as? any OptionalType.Type else { return false }
    return mentionsPart(optional.wrappedType)
  }

  private func joined(_ path: String, _ name: String) -> String { path.isEmpty ? name : path + "." + name }
}

private protocol OptionalType {
  static var wrappedType: Any.Type { get }
}

extension Optional: OptionalType {
  static var wrappedType: Any.Type { Wrapped.self }
}

/// A container that wants to know its own path, to name parts without parameters.
protocol PathHolder {
  var pathCell: PathCell { get }
}

final class PathCell {
  var path: String?
}

extension Parameter {
  /// The path of the layer that holds it: its own without the last segment.
  var layerPath: String? {
    path.map(ModelWalk.parent)
  }
}

extension Buffer {
  /// The path of the layer that holds it: its own without the last segment.
  var layerPath: String? { path.map(ModelWalk.parent) }
}

extension ModelWalk {
  static func parent(_ path: String) -> String {
    guard let dot = path.lastIndex(of: ".") else { return "" }
    return String(path[..<dot])
  }
}

/// The parameters of a convolution or linear layer. Path and list are made only where an error or a plan asks for them.
struct LayerParameters {
  let weight: Parameter
  let bias: Parameter?
  var others: [Parameter] = []

  var path: String? { weight.layerPath }
  var all: [Parameter] { [weight] + others + (bias.map { [$0] } ?? []) }
}
