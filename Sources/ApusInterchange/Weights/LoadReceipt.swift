import ApusCore
import ApusSupport

/// What became of each tensor of a file and of each parameter and buffer of a model.
public struct LoadReceipt: Sendable {
  /// A tensor of the file that found its parameter or buffer.
  public struct Match: Hashable, Sendable {
    /// In the file, without `prefix`.
    public var name: String
    /// In the model.
    public var path: String
    /// What was done to its axes on the way: `same` for nothing.
    package var change: WeightLayout
    /// Whether the layer's type says how it lies in the file. Others are taken as they are.
    package var isDescribed: Bool
  }

  /// A tensor with its shape.
  public struct Named: Hashable, Sendable {
    /// In the file; for one that is missing, as the file should call it.
    public var name: String
    /// In the file's layout; for one that is missing, as it should be.
    package var shape: Shape
  }

  /// A tensor of a wrong shape or type.
  public struct Mismatch: Hashable, Sendable {
    /// In the file, without `prefix`.
    public var name: String
    /// As the file should have it, in its layout.
    package var expected: Shape
    /// As it is in the file.
    package var found: Shape
    /// The type that it was read as. Any floating-point type fits.
    package var foundType: ScalarType
  }

  /// A tensor whose elements became float32.
  package struct Conversion: Hashable, Sendable {
    /// In the file, without `prefix`.
    package var name: String
    /// The dtype in the file: `BF16`.
    package var from: String
  }

  /// The file.
  package let source: String
  /// As it was read.
  package let layout: WeightsFile.Layout
  /// Whether the file said its layout; otherwise it was told to the loader or taken as PyTorch's.
  package let isLayoutRecorded: Bool
  /// What stands before the names in the file, such as `state_dict.module`, and was taken off; `nil` for nothing.
  package var prefix: String?
  /// Names in the file that `WeightsFile.renaming` changed, or that are old ones of a known network, and what they became.
  package var renamed: [(from: String, to: String)] = []
  /// Names in the file that had a wrapper inside, which was taken out: `features.module.0.weight`.
  package var unwrapped: [String] = []
  /// Tensors of the file without the prefix, such as an optimizer's, which were not looked at.
  package var outside: [String] = []
  /// Tensors whose name, shape and type fit, in the model's order.
  public package(set) var matched: [Match] = []
  /// What the model has and the file lacks, under the file's name.
  public package(set) var missing: [Named] = []
  /// What the file has and the model has not.
  public package(set) var unexpected: [Named] = []
  /// Tensors whose name fits, and whose shape or type does not.
  public package(set) var mismatched: [Mismatch] = []
  /// Linear layers that the forward pass does not come to, such as a head for training: their inputs are taken in the file's order.
  package var unreached: [String] = []
  /// Paths and names that were not looked at, by the caller's wish.
  package var ignored: [String] = []
  /// Integers that PyTorch counts batches with, which nothing depends on.
  package var counters: [String] = []
  /// Those that matched and were not float32 in the file.
  package var converted: [Conversion] = []
  /// What the file holds that is not a tensor: numbers, texts, and Python objects, with their class behind their path. None of it was run.
  package var skipped: [String] = []

  /// Whether every tensor found its place.
  public var isComplete: Bool { missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty }

  /// Those whose axes were moved.
  package var transposed: [Match] { matched.filter { $0.change != .same } }
}

extension LoadReceipt: CustomStringConvertible {
  /// Several lines: the layout, what matched and how, what did not, what was left.
  public var description: String {
    var lines = ["\(source), \(layoutText)"] + nameNotes
    lines.append("matched \(matched.count) of \(matched.count + missing.count + mismatched.count)")
    for (title, matches) in transposedByKind {
      lines.append("  \(title): \(Self.listed(matches.map(\.name), limit: 3))")
    }
    let ownWeights = layout == .pytorch ? matched.filter { !$0.isDescribed } : []
    if !ownWeights.isEmpty {
      lines.append(
        "  unchanged, from layers that PyTorch does not have: \(Self.listed(ownWeights.map(\.name), limit: 3))")
    }
    lines += conversionNotes.map { "  " + $0 }
    lines += problems.map { "\($0.title) \($0.items.count): \(Self.listed($0.items))" }
    for (title, items) in [
      ("ignored as asked", ignored), ("counters, not used", counters),
      ("not reached by the forward pass, inputs taken in the file's order", unreached),
    ] where !items.isEmpty {
      lines.append("\(title) \(items.count): \(Self.listed(items, limit: 3))")
    }
    return (lines + skippedNotes(limit: 20)).joined(separator: "\n")
  }

  /// What is worth saying where only one line is said of the weights, a line each: what was taken off the names, what was converted,
  /// what was left out.
  package var notes: [String] {
    let heads = unreached.isEmpty ? [] : ["not reached by the forward pass: \(Self.listed(unreached, limit: 3))"]
    return nameNotes + conversionNotes + heads + skippedNotes(limit: 3)
  }

  private var nameNotes: [String] {
    var notes = prefix.map { ["removed from the names: \(JSONScanner.plain($0))."] } ?? []
    if !renamed.isEmpty {
      notes.append("renamed \(renamed.count): \(Self.listed(renamed.map { "\($0.from) → \($0.to)" }, limit: 3))")
    }
    if !unwrapped.isEmpty {
      notes.append("wrappers removed inside \(unwrapped.count) names: \(Self.listed(unwrapped, limit: 3))")
    }
    return notes
  }

  private var conversionNotes: [String] {
    var types: [String] = []
    for conversion in converted where !types.contains(conversion.from) { types.append(conversion.from) }
    return types.map { type in
      let names = converted.filter { $0.from == type }.map(\.name)
      let verb = ["F16", "BF16"].contains(type) ? "widened" : "rounded"
      return "\(verb) from \(type) to float32 \(names.count): \(Self.listed(names, limit: 3))"
    }
  }

  private func skippedNotes(limit: Int) -> [String] {
    [("outside the prefix, not read", outside), ("no tensors, skipped", skipped)].filter { !$0.1.isEmpty }.map {
      "\($0) \($1.count): \(Self.listed($1, limit: limit))"
    }
  }

  /// One line of what does not fit.
  var refusal: String {
    let names = prefix.map { " below \(JSONScanner.plain($0))" } ?? ""
    let groups = problems.map { "\($0.items.count) \($0.title): \(Self.listed($0.items))" }
    let isOther = matched.isEmpty && mismatched.isEmpty && !missing.isEmpty && !unexpected.isEmpty
    let hint = isOther ? ", since no name agrees: a layer's is its property's, or its place in a Sequential" : ""
    return """
      \(source)\(names) does not fit the model (\(layoutText)): \(matched.count) of \
      \(matched.count + missing.count + mismatched.count) matched\(hint); \(groups.joined(separator: "; "))
      """
  }

  private var layoutText: String {
    switch (layout, isLayoutRecorded) {
    case (.apus, true): "Apus' layout, as the file says"
    case (.apus, false): "Apus' layout, as asked"
    case (.pytorch, true): "PyTorch's layout, as the file says"
    case (.pytorch, false): "PyTorch's layout, assumed, since the file does not say"
    }
  }

  private var problems: [(title: String, items: [String])] {
    let wrong = mismatched.map { mismatch in
      let type = mismatch.foundType == .float32 ? "" : "\(mismatch.foundType.rawValue) "
      return "\(mismatch.name) is \(type)\(mismatch.found), expected \(mismatch.expected)"
    }
    return [
      ("missing", missing.map { "\($0.name) \($0.shape)" }),
      ("unexpected", unexpected.map { "\($0.name) \($0.shape)" }),
      ("of another shape or type", wrong),
    ].filter { !$0.1.isEmpty }
  }

  private var transposedByKind: [(title: String, matches: [Match])] {
    var kinds: [(title: String, matches: [Match])] = []
    for match in transposed {
      if let place = kinds.firstIndex(where: { $0.title == match.change.title }) {
        kinds[place].matches.append(match)
      } else {
        kinds.append((match.change.title, [match]))
      }
    }
    return kinds.map { ("\($0.matches.count) \($0.title)", $0.matches) }
  }

  private static func listed(_ items: [String], limit: Int = 10) -> String {
    let rest = items.count - limit
    return items.prefix(limit).map(JSONScanner.plain).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }
}

extension WeightLayout {
  /// The change from the file's axes to ours.
  fileprivate var title: String {
    switch self {
    case .same: "as they are"
    case .filters: "filters (K, C, KH, KW) → [KH, KW, C, K]"
    case .matrix: "matrices (out, in) → [in, out]"
    case .image: "(C, H, W) → [H, W, C]"
    case .matrixOfImage(let image, nil):
      "matrices (out, in) → [in, out] with inputs from (C, H, W) to [H, W, C] = \(image)"
    case .matrixOfImage(let image, let order?):
      "matrices (out, in) → [in, out] with inputs from \(Shape(order.map { image[$0] })) to \(image), as asked"
    case .vectorOfImage(let image, nil): "vectors from (C, H, W) to [H, W, C] = \(image)"
    case .vectorOfImage(let image, let order?): "vectors from \(Shape(order.map { image[$0] })) to \(image), as asked"
    }
  }
}
