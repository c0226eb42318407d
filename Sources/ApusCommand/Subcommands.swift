import ArgumentParser

/// The names of the commands, and what a misspelt one may have meant. The parser takes a word that is not a command for an argument.
enum Subcommands {
  /// - Returns: the command that the words begin with.
  /// - Throws: `ValidationError` with the nearest name and all of them where a word stands for a command and is none.
  @discardableResult
  static func check(_ words: some Sequence<String>) throws -> any ParsableCommand.Type {
    var parent: any ParsableCommand.Type = ApusCommand.self
    for (place, word) in words.enumerated() {
      if word.hasPrefix("-") || parent.configuration.subcommands.isEmpty { return parent }
      // `apus help zoo verify` names commands as `apus zoo verify` does.
      if place == 0 && word == "help" { continue }
      guard let child = parent.configuration.subcommands.first(where: { $0._commandName == word }) else {
        throw unknown(word, of: parent)
      }
      parent = child
    }
    return parent
  }

  /// The option of a command that a word may stand for: it begins so, or is spelled nearly so.
  static func option(nearest word: String, of command: any ParsableCommand.Type) -> String? {
    let help = command.helpMessage(columns: 200)
    let names = help.split(whereSeparator: { " ,/[]()<>\n".contains($0) }).filter { $0.hasPrefix("--") && $0.count > 2 }
      .map { String($0.dropFirst(2)) }
    return Suggestion.nearest(to: String(word.drop { $0 == "-" }), in: names).map { "--" + $0 }
  }

  /// What people type for what has another name here.
  private static let others = [
    "fit": "apus train", "test": "apus evaluate RUN", "validate": "apus evaluate RUN",
    "score": "apus evaluate RUN", "resume": "apus train --resume RUN", "continue": "apus train --resume RUN",
    "finetune": "apus train NETWORK --init WEIGHTS", "fine-tune": "apus train NETWORK --init WEIGHTS",
    "classify": "apus predict RUN IMAGE", "infer": "apus predict RUN IMAGE", "inference": "apus predict RUN IMAGE",
    "networks": "apus zoo", "models": "apus zoo", "list": "apus zoo", "ls": "apus zoo", "plan": "apus summary",
    "info": "apus summary", "show": "apus summary", "convert": "apus weights, or apus export for ONNX",
    "onnx": "apus export", "run": "apus script FILE.swift", "version": "apus --version",
    "visualize": "apus look RUN --what WHAT", "explain": "apus look RUN --what WHAT",
    "report": "RUN/report.html, the page that apus train writes",
  ]

  private static func unknown(_ word: String, of parent: any ParsableCommand.Type) -> ValidationError {
    let names = parent.configuration.subcommands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
    let other = parent == ApusCommand.self ? others[word.lowercased()] : nil
    let near = Suggestion.nearest(to: word, in: names).map { "'\($0)'" }
    let nearest = (other ?? near).map { "; did you mean \($0)?" } ?? "."
    let path = parent == ApusCommand.self ? "apus" : "apus \(parent._commandName)"
    return ValidationError("no command '\(path) \(word)'\(nearest) The commands are \(names.joined(separator: ", "))")
  }
}
