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
      Train.self, Evaluate.self, Predict.self, Forward.self, Features.self, Weights.self, Summary.self, Zoo.self,
      Segment.self, Export.self, CatalogueCommand.self, Script.self, ScriptStop.self,
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
      Terminal.printError("error: \(firstLine(ApusCommand.message(for: error))) (apus help shows the usage)")
      return code.rawValue
    }
    Terminal.printError("error: \(error)")
    return 1
  }

  private static func firstLine(_ text: String) -> Substring { text.prefix { $0 != "\n" } }
}
