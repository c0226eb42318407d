import ArgumentParser

/// The names of the commands, and what a misspelt one may have meant. The parser takes a word that is no command for an argument.
enum Subcommands {
  /// - Throws: `ValidationError` with the nearest name and all of them where a word stands for a command and is none.
  static func check(_ words: some Sequence<String>) throws {
    var parent: any ParsableCommand.Type = ApusCommand.self
    for (place, word) in words.enumerated() {
      if word.hasPrefix("-") || parent.configuration.subcommands.isEmpty { return }
      // `apus help zoo verify` names commands as `apus zoo verify` does.
      if place == 0 && word == "help" { continue }
      guard let child = parent.configuration.subcommands.first(where: { $0._commandName == word }) else {
        throw unknown(word, of: parent)
      }
      parent = child
    }
  }

  private static func unknown(_ word: String, of parent: any ParsableCommand.Type) -> ValidationError {
    let names = parent.configuration.subcommands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
    let nearest = Suggestion.nearest(to: word, in: names).map { "; did you mean '\($0)'?" } ?? "."
    let path = parent == ApusCommand.self ? "apus" : "apus \(parent._commandName)"
    return ValidationError("no command '\(path) \(word)'\(nearest) The commands are \(names.joined(separator: ", "))")
  }
}
