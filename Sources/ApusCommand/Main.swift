import ArgumentParser

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The command `apus`.
struct ApusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus", abstract: "Train and run convolutional networks on CPUs.", version: Version.text,
    subcommands: [
      Train.self, Evaluate.self, Predict.self, Forward.self, Features.self, Look.self, Weights.self, Summary.self,
      Zoo.self, Segment.self, Export.self, Import.self, CatalogueCommand.self, Script.self, ScriptStop.self,
    ])
}

@main
enum Main {
  /// An error is one line on standard error: exit code 1, or 64 if the command was used wrongly. Output that was lost is an
  /// error.
  static func main() {
    Terminal.begin()
    MemoryShortage.watch()
    var code: Int32 = 0
    do {
      try Subcommands.check(CommandLine.arguments.dropFirst())
      var command = try ApusCommand.parseAsRoot()
      try command.run()
    } catch {
      code = report(error)
    }
    exit(Terminal.exitCode(code))
  }

  private static func report(_ error: any Error) -> Int32 {
    let code = ApusCommand.exitCode(for: error)
    if let code = error as? ExitCode { return code.rawValue }
    if code == .success {
      Terminal.printLine(ApusCommand.message(for: error))
      return 0
    }
    if code == .validationFailure {
      Terminal.printError("error: \(usageError(error))")
      return code.rawValue
    }
    Terminal.printError("error: \(LibraryWords.translated("\(error)"))")
    return 1
  }

  /// The parser's text in one line, with what it leaves out: what a missing argument is, and the option that a command has for one
  /// that it has not.
  private static func usageError(_ error: any Error) -> String {
    let lines = ApusCommand.fullMessage(for: error).split(separator: "\n")
    var text = String(firstLine(ApusCommand.message(for: error)))
    let words = CommandLine.arguments.dropFirst()
    let command = (try? Subcommands.check(words)) ?? ApusCommand.self
    if text.hasPrefix("Missing expected argument"), lines.count > 1, lines[1].hasPrefix("Help:") {
      // "Help:  <images>  Image files, or folders of them."
      let label = lines[1].firstIndex(of: ">").map { lines[1].index(after: $0) } ?? lines[1].startIndex
      let help = lines[1][label...].split(separator: " ").joined(separator: " ")
      text += ": " + (help.hasSuffix(".") ? String(help.dropLast()) : help)
    }
    if text.hasPrefix("Unknown option '"), let word = text.split(separator: "'").dropFirst().first,
      let option = Subcommands.option(nearest: String(word), of: command)
    {
      text = "Unknown option '\(word)'. Did you mean '\(option)'?"
    }
    let name = command == ApusCommand.self ? "" : " " + command._commandName
    return "\(text) (apus help\(name) shows the usage)"
  }

  private static func firstLine(_ text: String) -> Substring { text.prefix { $0 != "\n" } }
}
