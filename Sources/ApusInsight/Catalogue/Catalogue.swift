/// What the library knows of the classic courses on convolutional networks, each with its equation, its source and the test that
/// proves it: `apus catalogue`, docs/CATALOGUE.md.
public enum Catalogue {
  /// What an entry is. The order of the cases is that of the catalogue's sections.
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case layer, activation, loss, normalization, initialization, optimizer, schedule, gradients, regularization, data
  }

  /// A layer, a function or a tool, with what defines it, who published it, and what proves it here.
  public struct Entry: Hashable, Sendable, Codable {
    /// As it is written in code.
    public let name: String
    /// The section that the entry is in.
    public let kind: Kind
    /// What it computes, as plain text: `max(x, 0)`.
    public let equation: String
    /// Numbers of the lectures that teach it; `markdown` has their titles. Empty if none does.
    public let lectures: [Int]
    /// Authors and year of the paper that introduced it; empty if none is named.
    public let paper: String
    /// The test that proves it, `Suite.function`.
    package let test: String

    init(_ name: String, _ kind: Kind, _ equation: String, lectures: [Int], paper: String = "", test: String) {
      self.name = name
      self.kind = kind
      self.equation = equation
      self.lectures = lectures
      self.paper = paper
      self.test = test
    }

    /// `2, 3`, or a dash if no lecture teaches it.
    package var lectureList: String {
      lectures.isEmpty ? "–" : lectures.map { String($0) }.joined(separator: ", ")
    }
  }

  /// In the order of the kinds.
  public static let entries: [Entry] =
    layers + activations + losses + normalizations + initializations + optimizers + schedules + gradientTools
    + regularizers + dataTools

  /// docs/CATALOGUE.md.
  public static var markdown: String {
    var text = """
      # The catalogue

      What the library knows of the classic courses, each entry with the test that proves it. Made by `apus catalogue --markdown`; a
      test holds this page to the library, and every entry to its test.

      The lectures, by number:


      """
    for (number, title) in Lecture.titles.enumerated() { text += "- \(number): \(title)\n" }
    for kind in Kind.allCases {
      let chosen = entries.filter { $0.kind == kind }
      if chosen.isEmpty { continue }
      text += "\n## \(kind.rawValue.prefix(1).uppercased())\(kind.rawValue.dropFirst())\n\n"
      text += "| name | equation | lectures | paper | test |\n|---|---|---|---|---|\n"
      for entry in chosen {
        let cells = [entry.name, entry.equation, entry.lectureList, entry.paper, "`\(entry.test)`"]
        text +=
          "| "
          + cells.map { $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
          .joined(separator: " | ") + " |\n"
      }
    }
    return text
  }
}
