import Apus
import Foundation
import Testing

/// The catalogue holds what the library has, and every entry a test that exists.
@Suite struct CatalogueTests {
  /// Texts of the Swift files below a folder of the repository.
  private func sources(_ folder: String) throws -> [(name: String, text: String)] {
    let root = URL(filePath: repositoryFile(folder))
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)!
    return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map {
      ($0.lastPathComponent, try String(contentsOf: $0, encoding: .utf8))
    }
  }

  @Test func everyEntryHasItsTest() throws {
    // A suite's tests: the functions after `@Test` in the files that define or extend it.
    var tests: Set<String> = []
    for (_, text) in try sources("Tests/ApusTests") {
      for suite in text.matches(of: /(?:struct|class|enum|extension)\s+(\w+)/) {
        let body = text[suite.range.upperBound...]
        for test in body.matches(of: /@Test[^\n]*?(?:\n\s*)?func\s+(\w+)/) {
          tests.insert("\(suite.output.1).\(test.output.1)")
        }
      }
    }
    for entry in every(Catalogue.entries) {
      #expect(tests.contains(entry.test), "\(entry.kind.rawValue) \(entry.name): there is no test \(entry.test)")
      #expect(!entry.equation.isEmpty && entry.lectures.allSatisfy(Lecture.titles.indices.contains), "\(entry.name)")
    }
  }

  @Test func namesAreUnique() {
    let names = Catalogue.entries.map { "\($0.kind.rawValue) \($0.name)" }
    #expect(Set(names).count == names.count)
  }

  /// Words of the entries' names.
  private let known = Set(
    Catalogue.entries.flatMap { $0.name.split(whereSeparator: { !$0.isLetter && !$0.isNumber }).map(String.init) })

  /// Whoever adds a public layer adds its entry.
  @Test func everyPublicLayerHasAnEntry() throws {
    var count = 0
    for (file, text) in try sources("Sources/ApusLayers") + sources("Sources/ApusCore") {
      for layer in text.matches(of: /public (?:struct|final class) (\w+)(?:<[^>]*>)?: [^{\n]*\bLayer\b/) {
        count += 1
        let isKnown = known.contains(String(layer.output.1))
        #expect(isKnown, "\(file): the layer \(layer.output.1) has no entry")
      }
    }
    // That the search finds them.
    #expect(count >= 35)
  }

  /// And whoever adds an optimizer, which the command then has by a name too.
  @Test func everyOptimizerHasAnEntryAndAName() throws {
    let made = OptimizerCatalogue.entries.map { String(describing: type(of: $0.makeUsual(Linear(2, 2).parameters))) }
    var count = 0
    for (file, text) in try sources("Sources/ApusLayers/Optimizers") {
      for optimizer in text.matches(of: /public struct (\w+)(?:<[^>]*>)?: \w*Optimizer\b/) {
        count += 1
        let name = String(optimizer.output.1)
        #expect(known.contains(name), "\(file): the optimizer \(name) has no entry")
        #expect(
          made.contains { $0.prefix { $0 != "<" } == name }, "\(file): OptimizerCatalogue does not make \(name)")
      }
    }
    #expect(count >= 7)
  }

  @Test func everyLossHasAnEntry() throws {
    let losses = try sources("Sources/ApusLayers/Losses").flatMap { _, text in
      text.matches(of: /\npublic func (\w+)\(/).map { String($0.output.1) }
    }
    // What an epoch's loss is, of a loss that is given.
    for loss in every(Set(losses).subtracting(["trainingLoss"])) {
      #expect(known.contains(loss), "the loss \(loss) has no entry")
    }
  }

  @Test func thePageIsMadeFromTheCatalogue() throws {
    let page = try String(contentsOfFile: repositoryFile("docs/CATALOGUE.md"), encoding: .utf8)
    #expect(page == Catalogue.markdown, "run: apus catalogue --markdown > docs/CATALOGUE.md")
  }

  @Test func aLectureIsCalledByItsNumber() {
    for text in ["2", "d2", "D2", "lecture-2", "Lecture-2"] { #expect(Lecture.number(text) == 2, "\(text)") }
    for text in ["5", "d", "", "02", "d-2", "lecture2", "lecture-d2"] {
      #expect(Lecture.number(text) == nil, "\(text)")
    }
    for lecture in Lecture.titles.indices { #expect(Catalogue.entries.contains { $0.lectures.contains(lecture) }) }
  }

  @Test func everyKindHasEntries() {
    for kind in Catalogue.Kind.allCases { #expect(Catalogue.entries.contains { $0.kind == kind }, "\(kind.rawValue)") }
  }
}
