import Apus
import ArgumentParser

/// `apus zoo`: the networks, and how they compare with published tables.
struct Zoo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the networks; compare them with published tables.",
    subcommands: [List.self, Verify.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the networks: title, paper, default input, parameters, multiply-adds.")

    @OptionGroup var form: JSONOption

    @OptionGroup var threads: ThreadOptions

    private struct Line: Encodable {
      var name, title, variant, paper: String
      var input: [Int]
      var parameters, multiplyAdds: Int
    }

    func run() throws {
      let networks = try NetworkCatalogue.entries.map { entry in
        let model = try NetworkCatalogue.outline(entry.name, input: entry.usualInput, classes: entry.usualClasses)
        let plan = try model.plan(input: Shape([1] + entry.usualInput))
        return Line(
          name: entry.name, title: entry.title, variant: entry.variant, paper: entry.paper,
          input: Array(entry.usualInput),
          parameters: model.parameters.scalarCount, multiplyAdds: plan.weightMultiplyAdds)
      }
      if form.json { return Terminal.printLine(try JSONText.of(networks)) }
      let lines =
        [["name", "title", "paper", "input", "parameters", "multiply-adds"]]
        + networks.map { network in
          [
            network.name, network.title + (network.variant.isEmpty ? "" : ", " + network.variant), network.paper,
            network.input.map(String.init).joined(separator: "×"), network.parameters.grouped,
            network.multiplyAdds.grouped,
          ]
        }
      Terminal.printLine(Table.text(lines, textColumns: 4))
      Terminal.printLine("\nMultiply-adds are those of convolutions and linear layers, per image.")
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Compare networks with published tables; exits with code 1 if something differs.")

    @Argument(help: "The network. (default: all that a table is known of)")
    var network: String?

    @OptionGroup var form: JSONOption

    @OptionGroup var threads: ThreadOptions

    /// A line of a table as it is printed, or `nil` if nothing is, beside what the network has.
    private struct Line: Encodable {
      struct Numbers: Encodable {
        var output: [Int]?
        var parameters, multiplyAdds, memory: String?
        var blocks: Int?
      }
      struct Here: Encodable {
        var output: [Int]
        var parameters, multiplyAdds, memory, blocks: Int
      }
      var network, source, line: String
      var printed: Numbers
      var here: Here
      /// `equal`, `erratum` or `differs`.
      var verdict: String
      var erratum: String?

      init(_ table: PublishedTable, _ comparison: PublishedTable.Comparison) {
        let row = comparison.row
        (network, source, line) = (table.network, table.source, row.name)
        printed = Numbers(
          output: row.output.map { Array($0) }, parameters: row.parameters?.text, multiplyAdds: row.multiplyAdds?.text,
          memory: row.memory?.text, blocks: row.blocks)
        here = Here(
          output: Array(comparison.output), parameters: comparison.parameters, multiplyAdds: comparison.multiplyAdds,
          memory: comparison.memory, blocks: comparison.blocks)
        switch comparison.verdict {
        case .equal: verdict = "equal"
        case .erratum(let text): (verdict, erratum) = ("erratum", text)
        case .differs: verdict = "differs"
        }
      }
    }

    func run() throws {
      let name = try network.map { try NetworkCatalogue.entry($0).name }
      let tables = name.map { PublishedTable.tables(of: $0) } ?? PublishedTable.all
      if let name, tables.isEmpty {
        throw ValidationError("no published table of \(name) is known; apus zoo verify compares all that are")
      }
      var (equal, errata, differing) = (0, 0, 0)
      var lines: [Line] = []
      for table in tables {
        let rows = try table.compare()
        if !form.json {
          Terminal.printLine("\(table.network): \(table.source)")
          Terminal.printLine(Table.text([Verify.head] + rows.map(Verify.line), textColumns: 1) + "\n")
        }
        for row in rows {
          lines.append(Line(table, row))
          switch row.verdict {
          case .equal: equal += 1
          case .erratum: errata += 1
          case .differs: differing += 1
          }
        }
      }
      Terminal.printLine(
        form.json ? try JSONText.of(lines) : "\(equal) lines equal, \(errata) known errata, \(differing) differing")
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
