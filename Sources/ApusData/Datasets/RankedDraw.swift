import ApusSupport

/// Draws the test and validation files of a folder by their paths alone, so that a file that comes or goes leaves the others where they
/// are: it moves at most one other of its class.
///
/// A keyed hash of its path says what a file may be drawn for and ranks it among those of its class that may be drawn for the same: of
/// the lower three fifths of all hashes the first third are test files, of the others the first fifth are validation files. So a fifth
/// of a class is its test part and two in twenty-five its validation part, give or take a few. Sizes that followed from the number of
/// files alone could not do it: where the part that grows is another one than the part that the new file falls into, two must move, one
/// out of the latter and one into the former. Where only one part is drawn all files are ranked for it, and its size is exact.
package enum RankedDraw {
  /// A class with one file or two in their group keeps at least one to train on.
  ///
  /// - Parameters:
  ///   - paths: below the folder of the classes.
  ///   - drawn: test, validation or both.
  /// - Returns: each file's part. A part is empty only if no class can spare a file.
  package static func parts(
    of paths: [String], labels: [Int32], classCount: Int, drawn: Set<DataPart>, seed: UInt64
  ) -> [DataPart] {
    let hashes = paths.map { hash($0, seed) }
    func precedes(_ a: Int, _ b: Int) -> Bool {
      hashes[a] != hashes[b] ? hashes[a] < hashes[b] : paths[a].utf8.lexicographicallyPrecedes(paths[b].utf8)
    }
    var parts = [DataPart](repeating: .training, count: paths.count)
    var members = [[Int]](repeating: [], count: classCount)
    for index in paths.indices { members[Int(labels[index])].append(index) }
    for part in [DataPart.test, .validation] where drawn.contains(part) {
      for group in members {
        let candidates =
          drawn.count == 1 ? group : group.filter { (hashes[$0] < testLimit) == (part == .test) }
        for index in candidates.sorted(by: precedes).prefix(share(part, of: candidates.count, alone: drawn.count == 1))
        {
          parts[index] = part
        }
      }
    }
    // Of so few files that no class has its share, one is enough to measure with: the first of a class that keeps one.
    for part in [DataPart.test, .validation] where drawn.contains(part) && !parts.contains(part) {
      let spare = members.flatMap { group in
        let training = group.filter { parts[$0] == .training }
        return training.count > 1 ? training : []
      }
      if let first = spare.min(by: precedes) { parts[first] = part }
    }
    return parts
  }

  /// Three fifths of all hashes.
  private static let testLimit = UInt64.max / 5 * 3

  /// Rounded to the nearest, the half up; of validation files among few candidates a little more.
  private static func share(_ part: DataPart, of candidates: Int, alone: Bool) -> Int {
    switch (part, alone) {
    case (.test, true): (candidates + 2) / 5
    case (.validation, true): (candidates + 5) / 10
    case (.test, false): (candidates + 1) / 3
    default: (candidates + 3) / 5
    }
  }

  /// FNV-1a of the seed and the path, its bits then mixed (the end of SplitMix64, Steele, Lea & Flood 2014): FNV alone hardly changes
  /// the upper bits with the last letters of a path, and those decide the rank.
  private static func hash(_ path: String, _ seed: UInt64) -> UInt64 {
    var print = Fingerprint()
    print.add((0..<8).map { UInt8(truncatingIfNeeded: seed >> (8 * $0)) })
    print.add(path)
    var bits = print.value
    bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
    return bits ^ bits >> 31
  }
}
