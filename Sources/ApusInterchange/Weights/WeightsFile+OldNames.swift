import ApusSupport

extension WeightsFile {
  /// The file with names of today where it has those of 2017, and what was changed.
  ///
  /// The DenseNets that torchvision downloads were saved when a module's name could have a point in it: `denselayer1.norm.1.weight` is
  /// what the network of today, torchvision's as ours, calls `denselayer1.norm1.weight`.
  func withNamesOfToday() -> (file: WeightsFile, renamed: [(from: String, to: String)]) {
    let renamed = tensors.compactMap { tensor in
      Self.nameOfToday(tensor.name).map { (from: tensor.name, to: $0) }
    }
    let today = Dictionary(renamed.map { ($0.from, $0.to) }) { first, _ in first }
    // Where a file has both names, they are two tensors.
    if renamed.isEmpty || tensors.contains(where: { today.values.contains($0.name) }) { return (self, []) }
    var file = self
    file.tensors = tensors.map { (today[$0.name] ?? $0.name, $0.value) }
    for (old, new) in renamed { file.convertedTypes[new] = convertedTypes[old] }
    return (file, renamed)
  }

  private static func nameOfToday(_ name: String) -> String? {
    if !name.contains(".norm.") && !name.contains(".conv.") { return nil }
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 4 else { return nil }
    let place = parts.count - 3
    let (layer, module, number) = (parts[place - 1], parts[place], parts[place + 1])
    guard layer.hasPrefix("denselayer"), module == "norm" || module == "conv", number == "1" || number == "2" else {
      return nil
    }
    parts.replaceSubrange(place...place + 1, with: [module + number])
    return parts.joined(separator: ".")
  }
}
