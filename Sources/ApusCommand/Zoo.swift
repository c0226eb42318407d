import Apus
import ArgumentParser

/// `apus zoo`: the networks, and how they compare with what is printed of them.
struct Zoo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the networks; compare them with the tables of papers and decks.",
    subcommands: [List.self, Verify.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the networks: title, parameters, multiply-adds, usual input, paper.")

    func run() throws {
      var lines = [["name", "title", "paper", "input", "parameters", "multiply-adds"]]
      for entry in NetworkCatalogue.entries {
        let model = try NetworkCatalogue.outline(
          entry.name, input: entry.usualInput, classes: entry.usualClasses)
        let plan = try model.plan(input: Shape([1] + entry.usualInput))
        lines.append([
          entry.name, entry.title + (entry.variant.isEmpty ? "" : ", " + entry.variant), entry.paper,
          entry.usualInput.map(String.init).joined(separator: "×"), model.parameters.scalarCount.grouped,
          plan.weightMultiplyAdds.grouped,
        ])
      }
      Terminal.printLine(Table.text(lines, textColumns: 4))
      Terminal.printLine("\nMultiply-adds are those of convolutions and linear layers for one image.")
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Print what papers and decks print of a network beside what it has; exit code 1 where something differs.")

    @Argument(help: "The network; all where none is named.")
    var network: String?

    func run() throws {
      let name = try network.map { try NetworkCatalogue.entry($0).name }
      let tables = name.map { PublishedTable.tables(of: $0) } ?? PublishedTable.all
      if let name, tables.isEmpty {
        throw ValidationError("of \(name) no table is known; apus zoo verify compares those that are")
      }
      var (equal, errata, differing) = (0, 0, 0)
      for table in tables {
        let rows = try table.compare()
        Terminal.printLine("\(table.network): \(table.source)")
        Terminal.printLine(Table.text([Verify.head] + rows.map(Verify.line), textColumns: 1) + "\n")
        for row in rows {
          switch row.verdict {
          case .equal: equal += 1
          case .erratum: errata += 1
          case .differs: differing += 1
          }
        }
      }
      Terminal.printLine("\(equal) lines equal, \(errata) known errata, \(differing) differing")
      if differing > 0 { throw ExitCode(1) }
    }

    private static let head = [
      "line", "output", "here", "parameters", "here", "multiply-adds", "here", "numbers", "here", "blocks", "here", "",
    ]

    private static func line(_ comparison: PublishedTable.Comparison) -> [String] {
      let row = comparison.row
      func pair<Printed>(_ printed: Printed?, _ here: String) -> [String] {
        printed.map { ["\($0)", here] } ?? ["", ""]
      }
      func size(_ shape: Shape) -> String { shape.map(String.init).joined(separator: "×") }
      let verdict =
        switch comparison.verdict {
        case .equal: "="
        case .erratum(let text): "erratum: \(text)"
        case .differs: "DIFFERS"
        }
      return [row.name] + pair(row.output.map(size), size(comparison.output))
        + pair(row.parameters, comparison.parameters.grouped) + pair(row.multiplyAdds, comparison.multiplyAdds.grouped)
        + pair(row.memory, comparison.memory.grouped) + pair(row.blocks, "\(comparison.blocks)") + [verdict]
    }
  }
}
