import ArgumentParser
@main struct Apus: ParsableCommand { static let configuration = CommandConfiguration(commandName: "apus", subcommands: [Script.self]) }
