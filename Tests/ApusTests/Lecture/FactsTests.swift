import Apus
import Foundation
import Testing

/// The catalogue's entries: each names a test that is there.
@Suite struct FactsTests {
  /// What the test sources hold: `struct Suite` and `func name(` in one file.
  private func expectProof(_ proof: String, of name: String) {
    let parts = proof.split(separator: ".").map(String.init)
    guard parts.count == 2 else {
      Issue.record("\(name): \"\(proof)\" is not Suite.name")
      return
    }
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift", let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
      if text.contains("struct \(parts[0]) {") && text.contains("func \(parts[1])(") { return }
    }
    Issue.record("\(name): there is no test \(proof)")
  }

  @Test func everyLossNamesItsProof() {
    #expect(LossFacts.all.count == 12 && Set(LossFacts.all.map(\.name)).count == 12)
    for facts in LossFacts.all {
      #expect(!facts.equation.isEmpty && !facts.decks.isEmpty)
      expectProof(facts.proof, of: facts.name)
    }
  }

  @Test func everyInitialisationNamesItsProof() {
    #expect(Set(InitializerFacts.all.map(\.name)).count == InitializerFacts.all.count)
    for facts in InitializerFacts.all {
      #expect(!facts.equation.isEmpty && !facts.decks.isEmpty)
      expectProof(facts.proof, of: facts.name)
    }
  }
}
