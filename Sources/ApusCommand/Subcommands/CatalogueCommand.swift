import Apus
import ArgumentParser
import Foundation

/// `apus catalogue`: what the library knows, with equations, sources and proofs.
struct CatalogueCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalogue",
    abstract:
      "List layers, activations, losses, optimizers and more: equation, lecture, paper, and the test of each.")

  @Option(
    help: "List one kind only: \(Catalogue.Kind.allCases.map(\.rawValue).joined(separator: ", ")). (default: all)",
    transform: OptionValue.kind)
  var kind: Catalogue.Kind?

  @Option(
    help: .init(
      "List what one lecture teaches: 0 to \(Lecture.titles.count - 1), with the titles of docs/CATALOGUE.md. (default: all)",
      valueName: "number"),
    transform: OptionValue.lecture)
  var lecture: Int?

  @Flag(help: "Print one JSON object per line.")
  var json = false

  @Flag(help: "Print the page docs/CATALOGUE.md.")
  var markdown = false

  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    if markdown && (json || kind != nil || lecture != nil) {
      throw ValidationError("--markdown prints the whole page and takes no other option")
    }
  }

  func run() throws {
    if markdown {
      Terminal.printLine(String(Catalogue.markdown.dropLast()))
      return
    }
    let entries = Catalogue.entries.filter { entry in
      (kind == nil || entry.kind == kind) && lecture.map(entry.lectures.contains) ?? true
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      for entry in entries { Terminal.printLine(String(decoding: try encoder.encode(entry), as: UTF8.self)) }
      return
    }
    let rows =
      [["name", "kind", "equation", "lectures", "test"]]
      + entries.map { [$0.name, $0.kind.rawValue, $0.equation, $0.lectureList, $0.test] }
    Terminal.printLine(Table.text(rows, textColumns: 5))
  }
}
