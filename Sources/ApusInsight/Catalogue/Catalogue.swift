/// What the library knows of the classic courses on convolutional networks, each with its equation, its source and the test that
/// proves it: `apus catalogue`, docs/CATALOGUE.md.
public enum Catalogue {
  /// What an entry is. The order of the cases is that of the catalogue's sections.
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case layer, activation, loss, normalisation, initialisation, optimizer, schedule, gradients, regularisation, data
  }

  /// A layer, a function or a tool, with what defines it, who published it, and what proves it here.
  public struct Entry: Hashable, Sendable, Codable {
    /// As it is written in code.
    public let name: String
    /// The section that the entry is in.
    public let kind: Kind
    /// What it computes, as plain text: `max(x, 0)`.
    public let equation: String
    /// The decks that teach it, as the list of them numbers them: D0 layers and losses, D1 initialization and normalization, D2 basics and
    /// training, D3 networks, D4 case studies.
    public let deck: String
    /// Authors and year of the paper that introduced it; empty if none is named.
    public let paper: String
    /// The test that proves it, `Suite.function`.
    package let test: String

    init(_ name: String, _ kind: Kind, _ equation: String, deck: String, paper: String = "", test: String) {
      self.name = name
      self.kind = kind
      self.equation = equation
      self.deck = deck
      self.paper = paper
      self.test = test
    }
  }

  /// In the order of the kinds.
  public static let entries: [Entry] =
    layers + activations + losses + normalisations + initialisations + optimizers + schedules + gradientTools
    + regularisers + dataTools

  /// docs/CATALOGUE.md.
  public static var markdown: String {
    var text = """
      # The catalogue

      What the library knows of the classic courses, each entry with the test that proves it. Made by `apus catalogue --markdown`; a
      test holds this page to the library, and every entry to its test.

      """
    for kind in Kind.allCases {
      let chosen = entries.filter { $0.kind == kind }
      if chosen.isEmpty { continue }
      text += "\n## \(kind.rawValue.prefix(1).uppercased())\(kind.rawValue.dropFirst())\n\n"
      text += "| name | equation | decks | paper | test |\n|---|---|---|---|---|\n"
      for entry in chosen {
        let cells = [entry.name, entry.equation, entry.deck, entry.paper, "`\(entry.test)`"]
        text +=
          "| "
          + cells.map { $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
          .joined(separator: " | ") + " |\n"
      }
    }
    return text
  }
}
