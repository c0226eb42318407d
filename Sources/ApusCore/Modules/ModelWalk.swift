import ApusSupport

/// Finds a model's parameters and buffers by reflection. Paths are property names and array indices joined by dots; optionals and
/// property wrappers add no segment; superclasses come first. Where reflection would miss state or give it an unstable name, the
/// walk traps and says so: `NamedParts` is the way out.
package struct ModelWalk {
  package enum Purpose {
    /// To list all state: stamps paths, and stops where some would be missed.
    case listing
    /// To show the model or to find layers in it: stamps nothing, and keeps what cannot be looked into in `problems`.
    case describing
  }

  package enum Cell {
    case parameter(Parameter)
    case buffer(Buffer)
  }

  /// `owner`: the innermost layer that holds it.
  package private(set) var entries: [(path: String, cell: Cell, owner: (any Model)?)] = []
  /// Layers by their paths, the model's own empty, where they are asked for. `cell`: the first parameter or buffer in it, which tells
  /// it from layers of the same type.
  package private(set) var layers: [(path: String, layer: any Model, cell: ObjectIdentifier?)] = []
  /// Places in `layers` of those that are being visited.
  private var visited: [Int] = []
  /// Parameters and buffers that were met before: where, and where first.
  private(set) var repeats: [(path: String, first: String)] = []
  /// What a walk that does not stop could not look into.
  package private(set) var problems: [String] = []
  /// The first parameter or buffer, where nothing else is looked for; the walk then ends there.
  private var firstCell: ObjectIdentifier?
  private var seeksFirstCell = false
  private let listsLayers: Bool
  private let purpose: Purpose
  private var seen: [ObjectIdentifier: String] = [:]
  private var owner: (any Model)?

  package init(_ model: some Model, listsLayers: Bool = false, for purpose: Purpose = .listing) {
    self.listsLayers = listsLayers
    self.purpose = purpose
    visit(model, at: "")
  }

  /// What tells a layer from others of its type: the first parameter or buffer in it, `nil` where it has none. A walk to it takes a few
  /// steps of a network that would take thousands.
  static func firstCell(in layer: any Model) -> ObjectIdentifier? {
    var walk = ModelWalk()
    walk.visit(layer, at: "")
    return walk.firstCell
  }

  private init() {
    (listsLayers, purpose, seeksFirstCell) = (false, .describing, true)
  }

  private var isDone: Bool { firstCell != nil }

  package var parameters: ParameterList {
    ParameterList(
      entries.compactMap { entry in
        if case .parameter(let parameter) = entry.cell { (entry.path, parameter) } else { nil }
      })
  }

  package var buffers: BufferList {
    BufferList(
      entries.compactMap { entry in
        if case .buffer(let buffer) = entry.cell { (entry.path, buffer) } else { nil }
      })
  }

  private mutating func visit(_ value: Any, at path: String) {
    let outer = owner
    var isListed = false
    if let layer = value as? any Model {
      owner = layer
      // What an optional wraps is visited at the same path, too.
      isListed = listsLayers && layers.last?.path != path
      if isListed {
        visited.append(layers.count)
        layers.append((path, layer, nil))
      }
    }
    defer {
      owner = outer
      if isListed { visited.removeLast() }
    }
    if isDone { return }
    switch value {
    case let parameter as Parameter:
      if seeksFirstCell {
        firstCell = ObjectIdentifier(parameter)
        return
      }
      guard isNew(parameter, at: path) else { return }
      if stamps { parameter.path = path }
      entries.append((path, .parameter(parameter), owner))
    case let buffer as Buffer:
      if seeksFirstCell {
        firstCell = ObjectIdentifier(buffer)
        return
      }
      guard isNew(buffer, at: path) else { return }
      if stamps { buffer.path = path }
      entries.append((path, .buffer(buffer), owner))
    case let named as any NamedParts:
      for (name, part) in named.parts { visit(part, at: joined(path, name)) }
    default: visitProperties(of: value, at: path)
    }
  }

  private var stamps: Bool { purpose != .describing }

  private mutating func isNew(_ cell: AnyObject, at path: String) -> Bool {
    for place in visited where layers[place].cell == nil { layers[place].cell = ObjectIdentifier(cell) }
    if let first = seen[ObjectIdentifier(cell)] {
      repeats.append((path, first))
      return false
    }
    seen[ObjectIdentifier(cell)] = path
    return true
  }

  /// State that the walk would miss.
  private mutating func refuse(_ problem: String) {
    if purpose == .listing { fatalError(problem) }
    problems.append(problem)
  }

  private mutating func visitProperties(of value: Any, at path: String) {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
      if let wrapped = mirror.children.first { visit(wrapped.value, at: path) }
    case .collection:
      for (index, child) in mirror.children.enumerated() where !isDone {
        // Arrays of numbers have no parts: the first element shows it.
        if index == 0 && Mirror(reflecting: child.value).children.isEmpty && !isPart(child.value) { return }
        visit(child.value, at: joined(path, "\(index)"))
      }
    case .struct, .class:
      visitChildren(of: mirror, value: value, at: path)
    case .dictionary, .set, .tuple, .enum:
      if containsPart(mirror) {
        refuse(
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
    for child in mirror.children where !isDone {
      var name = child.label ?? ""
      if name.hasPrefix("$__lazy_storage_$_") {
        if mentionsPart(type(of: child.value)) {
          refuse(
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
  private mutating func checkOpaque(_ value: Any, at path: String) {
    if "\(type(of: value))".contains("->") {
      refuse(
        "\(path): a closure may hold parameters that cannot be seen; adopt NamedParts to list the layer's parts")
    }
  }

  private func isPart(_ value: Any) -> Bool { value is any Model || value is Parameter || value is Buffer }

  private func containsPart(_ mirror: Mirror) -> Bool {
    mirror.children.contains { child in
      if isPart(child.value) { return true }
      let inner = Mirror(reflecting: child.value)
      return inner.displayStyle != nil && inner.displayStyle != .class && containsPart(inner)
    }
  }

  private func mentionsPart(_ type: Any.Type) -> Bool {
    if type is any Model.Type || type is Parameter.Type || type is Buffer.Type { return true }
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

extension ModelWalk {
  package static func parent(_ path: String) -> String {
    guard let dot = path.lastIndex(of: ".") else { return "" }
    return String(path[..<dot])
  }
}
