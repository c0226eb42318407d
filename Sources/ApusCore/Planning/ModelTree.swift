import ApusSupport

/// A model as text: a line per layer with its name and type, the numbers it learns, the shapes of its parameters and buffers, and its
/// settings.
struct ModelTree {
  private struct Line {
    var indented: String
    var count: Int
    var details: String
  }

  private let walk: ModelWalk
  private let type: String

  init(_ model: some Model) {
    walk = ModelWalk(model, listsLayers: true, for: .describing)
    type = "\(Swift.type(of: model))"
  }

  var text: String {
    let rows = lines.map { [$0.indented, $0.count == 0 ? "" : $0.count.grouped, $0.details] }
    let table = rows.count < 2 ? [] : TextTable.lines(Array(rows.dropFirst()), isLeft: [true, false, true])
    return ([head] + table + walk.problems.map { "not shown: \($0)" }).joined(separator: "\n")
  }

  /// The model's own line.
  private var head: String {
    let parameters = walk.parameters.map(\.parameter)
    let frozen = parameters.filter { !$0.isTrainable }.reduce(0) { $0 + $1.shape.elementCount }
    let own = lines[0].details
    return "\(type): \(walk.parameters.scalarCount.grouped) parameters"
      + (frozen == 0 ? "" : ", \(frozen.grouped) of them frozen")
      + (own.isEmpty ? "" : "  \(own)")
  }

  /// In the order of the walk, the model first.
  private var lines: [Line] {
    var above: [String] = []
    return walk.layers.map { path, layer, _ in
      while let last = above.last, !Self.isInside(path, last) { above.removeLast() }
      defer { above.append(path) }
      let name = above.last.map { $0.isEmpty ? path : String(path.dropFirst($0.count + 1)) } ?? path
      return Line(
        indented: String(repeating: "  ", count: above.count) + "\(name): \(Swift.type(of: layer))",
        count: count(in: path),
        details: (tensors(of: path) + Self.settings(of: layer)).joined(separator: ", "))
    }
  }

  private static func isInside(_ path: String, _ outer: String) -> Bool {
    path != outer && (outer.isEmpty || path.hasPrefix(outer + "."))
  }

  /// Numbers learned in a layer and those inside it.
  private func count(in path: String) -> Int {
    walk.parameters.reduce(0) { Self.isInside($1.path, path) ? $0 + $1.parameter.shape.elementCount : $0 }
  }

  /// `weight [5, 5, 1, 6]`: what belongs to a layer and to none inside it.
  private func tensors(of path: String) -> [String] {
    func isOwn(_ cell: String) -> Bool {
      Self.isInside(cell, path)
        && !walk.layers.contains { Self.isInside($0.path, path) && Self.isInside(cell, $0.path) }
    }
    func name(_ cell: String) -> String { path.isEmpty ? cell : String(cell.dropFirst(path.count + 1)) }
    let own = walk.entries.filter { isOwn($0.path) }.map { entry in
      switch entry.cell {
      case .parameter(let parameter):
        "\(name(entry.path)) \(parameter.shape)\(parameter.isTrainable ? "" : " (frozen)")"
      case .buffer(let buffer): "\(name(entry.path)) \(buffer.shape) (buffer)"
      }
    }
    return own + walk.repeats.filter { isOwn($0.path) }.map { "\(name($0.path)) is \($0.first)" }
  }

  /// `stride 2×2`: numbers, switches that are on, and choices among the layer's properties.
  private static func settings(of layer: any Model) -> [String] {
    Mirror(reflecting: layer).children.compactMap { child in
      guard let name = child.label, !name.hasPrefix("_") else { return nil }
      switch child.value {
      case let isOn as Bool: return isOn ? name : nil
      case is Int, is Double, is Float, is IntOrPair, is Padding, is Shape: return "\(name) \(child.value)"
      default:
        let isChoice = Mirror(reflecting: child.value).displayStyle == .enum && child.value is any RawRepresentable
        return isChoice ? "\(name) \(child.value)" : nil
      }
    }
  }
}

extension Model {
  /// The model as a tree, a line per layer: name, type, numbers learned, shapes of parameters and buffers, settings.
  ///
  /// ```
  /// Net: 2,572 parameters
  ///   conv: Conv2D    156  weight [5, 5, 1, 6], bias [6], stride 1×1, padding 0, dilation 1×1, groups 1
  ///   fc: Linear    2,416  weight [150, 16], bias [16]
  /// ```
  /// `plan(input:)` tells what each layer makes of an input.
  public var description: String { ModelTree(self).text }
}
