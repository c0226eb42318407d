import ApusCore
import ApusSupport

/// A file's tensors under the names that a model expects: taken out of a checkpoint's dicts (`state_dict`, `model`, `ema`) and without
/// what wrappers put before them (`module.` by DataParallel, `_orig_mod.` by compilation, `model.` by Lightning).
package struct NamedWeights {
  var tensors: [(name: String, value: Tensor)]
  /// The dtypes of tensors that were converted, by their names here.
  var convertedTypes: [String: String] = [:]
  /// What was taken off the front of the names, without the last point; `nil` if they are the file's.
  var prefix: String?
  /// Names that a rule has changed, or that are a network's old ones, and what they became.
  var renamed: [(from: String, to: String)] = []
  /// Names in the file with a wrapper inside, which was taken out: `features.module.0.weight`.
  var unwrapped: [String] = []
  /// Tensors of the file that the prefix does not stand before.
  var outside: [String] = []

  /// Traps if two have the same name.
  package var byName: [String: Tensor] {
    Dictionary(tensors.map { ($0.name, $0.value) }) { _, _ in fatalError("two tensors of a file with one name") }
  }
}

extension WeightsFile {
  /// What wrappers put into names.
  private static let wrappers: Set<Substring> = ["module", "_orig_mod"]
  /// No model's name has as many bytes.
  private static let nameLimit = 4096

  /// The tensors for a model's names: below `prefix` where it is given, and there, or in the whole file, below the prefix with which
  /// most of the names are found.
  ///
  /// - Throws: `WeightsError.ambiguous` where several do equally well, `WeightsError.noSuchPrefix`, `WeightsError.cannotRename`.
  package func named(for slots: WeightSlots) throws(WeightsError) -> NamedWeights {
    if !renaming.isEmpty {
      let (file, renamed) = try renamed()
      var result = try file.named(for: slots)
      result.renamed = renamed + result.renamed
      return result
    }
    let (today, modernized) = withNamesOfToday()
    if !modernized.isEmpty {
      var result = try today.named(for: slots)
      result.renamed = modernized
      return result
    }
    let names = Set(slots.slots.map(\.name) + slots.counters)
    let given = prefix.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 } ?? ""
    let below = tensors.filter { given.isEmpty || $0.name.hasPrefix(given + ".") }
    // Counters are not read: a set of weights without them is as good as one with them.
    let read = Set(slots.slots.map(\.name))
    let counts = Self.prefixes(of: below.map { $0.name.dropFirst(given.isEmpty ? 0 : given.count + 1) }, read)
    if below.isEmpty && !given.isEmpty {
      throw .noSuchPrefix(source, given, choices: Self.best(Self.prefixes(of: tensors.map { $0.name[...] }, read)))
    }
    let best = Self.best(counts)
    var inner = ""
    if let first = best.first, counts[first]! > counts["", default: 0], counts[first]! * 2 >= slots.slots.count {
      if best.count > 1 {
        throw .ambiguous(
          source, best.map { (given.isEmpty ? $0 : "\(given).\($0)") }, count: counts[first]!)
      }
      inner = first
    }
    let whole = [given, inner].filter { !$0.isEmpty }.joined(separator: ".")
    return stripped(of: whole, names)
  }

  /// The file with its names changed by the rules, none of which is left, and what was changed. Of several rules that a name begins
  /// with the longest counts.
  private func renamed() throws(WeightsError) -> (file: WeightsFile, renamed: [(from: String, to: String)]) {
    let start = prefix.map { $0.isEmpty || $0.hasSuffix(".") ? $0 : $0 + "." } ?? ""
    var (file, renamed, used) = (self, [(from: String, to: String)](), Set<String>())
    file.renaming = [:]
    file.tensors = tensors.map { name, value in
      guard name.hasPrefix(start) else { return (name, value) }
      let rest = String(name.dropFirst(start.count))
      let rules = renaming.keys.filter { $0.isEmpty || rest == $0 || rest.hasPrefix($0 + ".") }
      guard let rule = rules.max(by: { $0.count < $1.count }) else { return (name, value) }
      used.insert(rule)
      // Either side may be empty: what is put before every name, and what is taken off.
      let tail = rule.isEmpty ? rest : String(rest.dropFirst(rule.count + 1))
      let new = start + [renaming[rule]!, tail].filter { !$0.isEmpty }.joined(separator: ".")
      if new != name { renamed.append((name, new)) }
      return (new, value)
    }
    for (old, new) in renamed { file.convertedTypes[new] = convertedTypes[old] }
    if let rule = renaming.keys.filter({ !used.contains($0) }).min() {
      throw .cannotRename(
        source, "no tensor's name is or begins with \(JSONScanner.shown(rule)), which is to be renamed")
    }
    var seen: Set<String> = []
    if let twice = file.tensors.first(where: { !seen.insert($0.name).inserted }) {
      throw .cannotRename(source, "two tensors would be called \(JSONScanner.shown(twice.name)) after renaming")
    }
    return (file, renamed)
  }

  /// The tensors below a prefix, with wrappers inside their names taken out where a model's name is left.
  private func stripped(of prefix: String, _ names: Set<String>) -> NamedWeights {
    var result = NamedWeights(tensors: [], prefix: prefix.isEmpty ? nil : prefix)
    let length = prefix.isEmpty ? 0 : prefix.count + 1
    let taken = Set(tensors.map(\.name))
    var changed: Set<String> = []
    for (name, value) in tensors {
      guard prefix.isEmpty || name.hasPrefix(prefix + ".") else {
        result.outside.append(name)
        continue
      }
      var rest = String(name.dropFirst(length))
      if let plain = Self.unwrapped(rest[...], names), !taken.contains(prefix.isEmpty ? plain : "\(prefix).\(plain)"),
        changed.insert(plain).inserted
      {
        rest = plain
        result.unwrapped.append(name)
      }
      result.tensors.append((rest, value))
      if let type = convertedTypes[name] { result.convertedTypes[rest] = type }
    }
    return result
  }

  /// The name without wrappers inside, where that is one of the model's and the whole is not.
  private static func unwrapped(_ name: Substring, _ names: Set<String>) -> String? {
    if name.utf8.count > nameLimit { return nil }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard let first = parts.first, !wrappers.contains(first), parts.contains(where: wrappers.contains),
      !names.contains(String(name))
    else { return nil }
    let plain = parts.filter { !wrappers.contains($0) }.joined(separator: ".")
    return names.contains(plain) ? plain : nil
  }

  /// How many of the model's names are found behind each prefix.
  private static func prefixes(of found: [Substring], _ names: Set<String>) -> [String: Int] {
    var counts: [String: Int] = [:]
    for name in found where name.utf8.count <= nameLimit {
      // No model is so deep: a file's name of many points must not take the square of their number.
      let points = name.indices.filter { name[$0] == "." }.suffix(64)
      for (prefix, rest) in [(name.prefix(0), name)] + points.map({ (name[..<$0], name[name.index(after: $0)...]) })
      where names.contains(String(rest)) || unwrapped(rest, names) != nil {
        counts[String(prefix), default: 0] += 1
      }
    }
    return counts
  }

  /// Those with the highest count, sorted; the empty one alone where it is among them.
  private static func best(_ counts: [String: Int]) -> [String] {
    guard let most = counts.values.max() else { return [] }
    let best = counts.filter { $0.value == most }.map(\.key).sorted()
    return best.first == "" ? [""] : best
  }
}
