import Apus
import ArgumentParser
import Foundation

/// `apus catalogue`: what the library knows, with equations, sources and proofs.
struct CatalogueCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalogue",
    abstract:
      "List layers, activations, losses, optimizers and more: equation, deck, paper, and the test that proves it.")

  @Option(help: "Only one kind: \(Catalogue.Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
  var kind: String?

  @Flag(help: "A JSON object a line.")
  var json = false

  @Flag(help: "The page docs/CATALOGUE.md.")
  var markdown = false

  func validate() throws {
    if let kind, Catalogue.Kind(rawValue: kind) == nil {
      throw ValidationError(
        "--kind is \(kind), expected one of \(Catalogue.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    if markdown && (json || kind != nil) {
      throw ValidationError("--markdown is the whole page: it takes no other option")
    }
  }

  func run() throws {
    if markdown {
      Terminal.printLine(String(Catalogue.markdown.dropLast()))
      return
    }
    let entries = Catalogue.entries.filter { kind == nil || $0.kind.rawValue == kind }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      for entry in entries { Terminal.printLine(String(decoding: try encoder.encode(entry), as: UTF8.self)) }
      return
    }
    let rows =
      [["name", "kind", "equation", "decks", "test"]]
      + entries.map { [$0.name, $0.kind.rawValue, $0.equation, $0.deck, $0.test] }
    Terminal.printLine(Table.text(rows, textColumns: 5))
  }
}
