import Apus
import Testing

@Suite struct RankedDrawTests {
  private static let kinds: [Set<DataPart>] = [[.test, .validation], [.test], [.validation]]

  private func paths(_ counts: [Int]) -> (paths: [String], labels: [Int32]) {
    var (paths, labels) = ([String](), [Int32]())
    for (label, count) in counts.enumerated() {
      paths += (0..<count).map { "class\(label)/\($0 * 7919 % 1000).png" }
      labels += [Int32](repeating: Int32(label), count: count)
    }
    return (paths, labels)
  }

  private func draw(_ paths: [String], _ labels: [Int32], _ drawn: Set<DataPart>, seed: UInt64 = 1) -> [DataPart] {
    RankedDraw.parts(of: paths, labels: labels, classCount: Int(labels.max() ?? 0) + 1, drawn: drawn, seed: seed)
  }

  /// Every file of classes of many sizes is taken away once.
  @Test(arguments: kinds) func aFileThatComesOrGoesMovesAtMostOneOther(_ drawn: Set<DataPart>) {
    for size in [9, 10, 11, 23, 37, 64] {
      let (paths, labels) = paths([size, 40, 3])
      let whole = draw(paths, labels, drawn)
      for index in paths.indices {
        var (fewer, theirs, before) = (paths, labels, whole)
        fewer.remove(at: index)
        theirs.remove(at: index)
        before.remove(at: index)
        let moved = zip(before, draw(fewer, theirs, drawn)).enumerated().filter { $0.element.0 != $0.element.1 }
        #expect(moved.count <= 1, "\(size), without \(paths[index])")
        #expect(moved.allSatisfy { theirs[$0.offset] == labels[index] }, "\(size), without \(paths[index])")
      }
    }
  }

  @Test func aPartIsTheSameInAnyOrderOfTheList() {
    let (paths, labels) = paths([50, 70])
    let parts = Dictionary(uniqueKeysWithValues: zip(paths, draw(paths, labels, [.test, .validation])))
    let order = Shuffle.permutation(paths.count, seed: 3, stream: 1).map { Int($0) }
    let other = draw(order.map { paths[$0] }, order.map { labels[$0] }, [.test, .validation])
    #expect(zip(order, other).allSatisfy { parts[paths[$0]] == $1 })
    #expect(draw(paths, labels, [.test, .validation], seed: 2) != draw(paths, labels, [.test, .validation]))
  }

  @Test func keepsTheSharesOfEachClass() {
    let (paths, labels) = paths([1000, 500])
    let both = draw(paths, labels, [.test, .validation])
    for (label, count) in [(0 as Int32, 1000.0), (1, 500)] {
      let parts = zip(labels, both).filter { $0.0 == label }.map(\.1)
      // A third of three fifths; the standard deviation is √(n · 3/5 · 2/5) / 3, of validation / 5.
      let deviation = (count * 0.24).squareRoot()
      #expect(abs(Double(parts.count { $0 == .test }) - count / 5) < 5 * deviation / 3)
      #expect(abs(Double(parts.count { $0 == .validation }) - count * 0.08) < 5 * deviation / 5)
    }
    // Alone, exactly.
    let test = draw(paths, labels, [.test])
    #expect(zip(labels, test).count { $0 == 0 && $1 == .test } == 200 && test.count { $0 == .test } == 300)
    let validation = draw(paths, labels, [.validation])
    #expect(zip(labels, validation).count { $0 == 1 && $1 == .validation } == 50)
    #expect(validation.count { $0 == .validation } == 150)
  }

  @Test func smallClassesKeepSomethingToTrainOn() {
    for sizes in [[1, 1], [1, 9], [2, 2], [3, 1, 2], [4, 4], [5, 5, 5], [1, 3]] {
      let (paths, labels) = paths(sizes)
      for drawn in Self.kinds {
        let parts = draw(paths, labels, drawn)
        for label in sizes.indices {
          #expect(zip(labels, parts).contains { $0 == Int32(label) && $1 == .training }, "\(sizes) \(drawn)")
        }
        // With four files that can be spared there is something to measure with.
        let spare = sizes.reduce(0) { $0 + $1 - 1 }
        if spare >= drawn.count { #expect(drawn.allSatisfy { parts.contains($0) }, "\(sizes) \(drawn): \(parts)") }
      }
    }
  }

  @Test func itsFileOfPartsHoldsAnyName() throws {
    let temporary = try TemporaryFolder()
    let names = [
      "a/1.png", "a/with, comma.png", "a/\"quoted\".png", "a/two\nlines.png", "b/ä é 猫.jpg", "b/\"", "b/a\rb",
    ]
    let files = names.enumerated().map { index, name in
      DataFile(
        part: DataPart.allCases[index % 3], label: index % 2, path: name,
        content: .init(byteCount: index * 1000, fingerprint: UInt64.max - UInt64(index) &* 0x0123_4567_89ab_cdef))
    }
    let path = temporary.path + "/split.csv"
    try AtomicFile.write(RunSplit.csv(files), to: path)
    #expect(try RunSplit.read(path, classes: 2) == files)
    expectError("record 3", "no label") { _ = try RunSplit.read(path, classes: 1) }
    for (text, word) in [
      ("", "first line"), ("part,label\n", "first line"), ("\ntrain,0,1,0,a\n", "no part"),
      ("\ntest,0,x,0,a\n", "no size"), ("\ntest,0,1,xyz,a\n", "no fingerprint"), ("\ntest,0,1,0,\n", "no path"),
      ("\ntest,0,1,0,\"a\"b\n", "something after"), ("\ntest,0\n", "no label"),
    ] {
      let head = text.hasPrefix("\n") ? "part,label,bytes,fingerprint,path" : ""
      try AtomicFile.write(head + text, to: path)
      expectError(word) { _ = try RunSplit.read(path, classes: 2) }
    }
  }
}
