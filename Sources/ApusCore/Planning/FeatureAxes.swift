/// What the axes of a planned tensor list, as far as it matters to weights in PyTorch's files: its images have channels in front of
/// positions, [N, C, H, W], and Apus' behind them. An axis is a list of parts, outermost first: several where axes were flattened to one.
package struct FeatureAxes: Hashable {
  package struct Part: Hashable {
    package enum Meaning: Hashable {
      /// Behind the channels in PyTorch's tensor: height and width.
      case position
      /// In PyTorch's tensor where it is here: batch, channels, features, tokens.
      case same
      /// A position that a linear layer has left in place: PyTorch's code has moved the channels behind it, perhaps for good.
      case either
      /// Lost at the operation of this name.
      case lost(String)
    }
    var meaning: Meaning
    /// Tells positions apart and orders them: height before width. A part that is cut in two adds a number.
    var place: [Int] = []
    var size: Int
  }

  /// An axis of size 1 has no part.
  private(set) var axes: [[Part]]

  init(_ axes: [[Part]]) { self.axes = axes }

  /// Of a tensor of which nothing else is known: images [N, H, W, C], batches of tokens [N, T, C], of features [N, C].
  init(_ shape: Shape) {
    axes = shape.indices.map { axis in Self.axis(axis, shape) }
  }

  private static func axis(_ axis: Int, _ shape: Shape) -> [Part] {
    let isPosition = shape.count >= 4 && axis > 0 && axis < shape.count - 1
    return part(isPosition ? .position : .same, [axis], shape[axis])
  }

  private static func part(_ meaning: Part.Meaning, _ place: [Int], _ size: Int) -> [Part] {
    size == 1 ? [] : [Part(meaning: meaning, place: place, size: size)]
  }

  /// What a linear layer finds along the last axis.
  var features: [Part] { axes.last ?? [] }

  // MARK: Operations

  /// The same elements in another shape.
  func reshaped(_ shape: Shape, by name: String) -> FeatureAxes {
    var rest = axes.joined().reversed() as [Part]
    var result: [[Part]] = []
    for size in shape {
      var (axis, missing) = ([Part](), size)
      while missing > 1, let part = rest.popLast() {
        if missing % part.size == 0 {
          Self.append(part, to: &axis)
          missing /= part.size
        } else if part.size % missing == 0 {
          var (first, second) = (part, part)
          (first.size, second.size) = (missing, part.size / missing)
          (first.place, second.place) = (part.place + [0], part.place + [1])
          Self.append(first, to: &axis)
          rest.append(second)
          missing = 1
        } else {
          // The cut goes through an axis: neither side is anything now.
          result += shape[result.count...].map { Self.part(.lost(name), [], $0) }
          return FeatureAxes(result)
        }
      }
      result.append(axis)
    }
    return FeatureAxes(result)
  }

  /// Groups of channels that become one axis are channels again, in whatever order: PyTorch's code has moved its own in the same way.
  private static func append(_ part: Part, to axis: inout [Part]) {
    if part.meaning == .same, let last = axis.last, last.meaning == .same {
      axis[axis.count - 1].size *= part.size
    } else {
      axis.append(part)
    }
  }

  func permuted(_ permutation: [Int]) -> FeatureAxes { FeatureAxes(permutation.map { axes[$0] }) }

  func reduced(_ reduced: [Int], keepsAxes: Bool) -> FeatureAxes {
    FeatureAxes(axes.indices.compactMap { !reduced.contains($0) ? axes[$0] : keepsAxes ? [] : nil })
  }

  /// Of this and another tensor element by element, which broadcast to `shape`.
  func merged(with other: FeatureAxes, to shape: Shape, by name: String) -> FeatureAxes {
    let (a, b) = (aligned(shape.count), other.aligned(shape.count))
    return FeatureAxes(
      shape.indices.map { axis in
        if a[axis].isEmpty || a[axis] == b[axis] { return b[axis].isEmpty ? Self.axis(axis, shape) : b[axis] }
        if b[axis].isEmpty { return a[axis] }
        if a[axis].count == 1, b[axis].count == 1, a[axis][0].isKnown, b[axis][0].isKnown {
          var part = a[axis][0]
          if part.meaning != b[axis][0].meaning || part.place != b[axis][0].place && part.meaning == .position {
            part.meaning = .either
          }
          return [part]
        }
        return Self.part(.lost(lostName(a[axis] + b[axis]) ?? name), [], shape[axis])
      })
  }

  private func aligned(_ rank: Int) -> [[Part]] { Array(repeating: [], count: max(0, rank - axes.count)) + axes }

  private func lostName(_ parts: [Part]) -> String? {
    parts.lazy.compactMap { if case .lost(let name) = $0.meaning { name } else { nil } }.first
  }

  /// Of several tensors one after the other along an axis.
  static func joined(_ parts: [FeatureAxes], axis: Int, to shape: Shape, by name: String) -> FeatureAxes {
    var result = parts.dropFirst().reduce(parts[0]) { whole, part in
      var (a, b) = (whole, part)
      (a.axes[axis], b.axes[axis]) = ([], [])
      var without = shape
      without[axis] = 1
      return a.merged(with: b, to: without, by: name)
    }
    let joined = parts.compactMap { $0.axes[axis].isEmpty ? nil : $0.axes[axis] }
    let first = joined.first?.first
    let areAlike = joined.allSatisfy { $0.count == 1 && $0[0].meaning == first?.meaning && $0[0].isKnown }
    if let first, areAlike {
      result.axes[axis] = part(first.meaning, first.place, shape[axis])
    } else if first == nil {
      result.axes[axis] = Self.axis(axis, shape)
    } else {
      result.axes[axis] = part(.lost(result.lostName(joined.flatMap { $0 }) ?? name), [], shape[axis])
    }
    return result
  }

  /// After an operation of which nothing but shapes is known.
  func moved(to shape: Shape, by name: String) -> FeatureAxes {
    if shape.count != axes.count {
      var result = FeatureAxes(shape)
      let lost = axes.contains { $0.count > 1 || !($0.first?.isKnown ?? true) }
      if lost, let size = shape.last { result.axes[shape.count - 1] = Self.part(.lost(name), [], size) }
      return result
    }
    return FeatureAxes(
      axes.indices.map { axis in
        switch axes[axis].count {
        case 0: Self.axis(axis, shape)
        case 1: Self.part(axes[axis][0].meaning, axes[axis][0].place, shape[axis])
        default: Self.part(.lost(lostName(axes[axis]) ?? name), [], shape[axis])
        }
      })
  }

  /// After windows over images [N, H, W, C]: what lies at the places of height and width is positions then, as PyTorch's windows are
  /// over them.
  func windowed(to shape: Shape, by name: String) -> FeatureAxes {
    var result = moved(to: shape, by: name)
    guard shape.count == 4, axes.count == 4 else { return result }
    for axis in [1, 2] {
      guard let part = result.axes[axis].first, part.meaning != .position, part.isKnown else { continue }
      result.axes[axis] = Self.part(.position, [axis], part.size)
    }
    return result
  }

  /// After a convolution, whose channels are new.
  func filtered(to shape: Shape, by name: String) -> FeatureAxes {
    let last = shape.count - 1
    return FeatureAxes(windowed(to: shape, by: name).axes.dropLast() + [Self.axis(last, shape)])
  }

  /// The axes of rows by the axis of columns.
  func multiplied(by other: FeatureAxes) -> FeatureAxes { FeatureAxes(axes.dropLast() + [other.features]) }

  /// After a linear layer of [rows, in]: features of its own, and rows that it took one by one.
  func weighed(outputs: Int) -> FeatureAxes {
    var rows = axes
    for axis in rows.indices {
      for index in rows[axis].indices where rows[axis][index].meaning == .position {
        rows[axis][index].meaning = .either
      }
    }
    return FeatureAxes(rows.dropLast() + [Self.part(.same, [rows.count - 1], outputs)])
  }

  /// Of [N, T, C] at an operation that takes signals, [N, C, L] in PyTorch, and tokens alike.
  func asSignal() -> FeatureAxes {
    var result = self
    if axes.count == 3, axes[1].count == 1, axes[1][0].meaning == .same { result.axes[1][0].meaning = .either }
    return result
  }
}

extension FeatureAxes.Part {
  var isKnown: Bool { if case .lost = meaning { false } else { true } }
}
