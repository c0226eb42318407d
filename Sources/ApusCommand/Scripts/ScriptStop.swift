import ArgumentParser
import Foundation

/// Tells at which line of a script its process stopped: started by that process, with the places of its calls, the innermost
/// first.
struct ScriptStop: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "script-stop", abstract: "Tell where a script stopped.", shouldDisplay: false)

  @Argument var program: String
  @Argument var script: String
  @Argument var offsets: [String] = []

  private struct Place: Decodable {
    struct Symbol: Decodable {
      var file: String
      var function: String
      var line: Int

      enum CodingKeys: String, CodingKey {
        case file = "FileName"
        case function = "FunctionName"
        case line = "Line"
      }
    }
    var symbols: [Symbol]?

    enum CodingKeys: String, CodingKey { case symbols = "Symbol" }
  }

  func run() throws {
    // A thread without a frame of the program.
    if offsets.isEmpty { return }
    guard let symbolizer = try ScriptCompiler().tool("llvm-symbolizer") else {
      throw ScriptError(
        description: "\(script): the line is not known: there is no llvm-symbolizer beside swiftc or on PATH")
    }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: symbolizer)
    process.arguments = ["--output-style=JSON", "--obj=" + program] + offsets
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    // The program may have left the cache while it ran.
    guard let places = try? JSONDecoder().decode([Place].self, from: text) else { return }
    let lines = places.flatMap { $0.symbols ?? [] }
    guard let line = lines.first(where: { $0.line > 0 && isScript($0.file) }) else { return }
    // What Swift's own checks find has no message in an optimized program, but a name.
    let check = "Swift runtime failure: "
    let reason = lines.first { $0.function.hasPrefix(check) }.map { ": " + $0.function.dropFirst(check.count) }
    Terminal.printError("\(script):\(line.line): the script stopped here\(reason ?? "")")
  }

  /// The line is always the script's own; the name is its own, with the current folder before a relative one, or that of the copy that
  /// was compiled.
  private func isScript(_ file: String) -> Bool {
    // The compiler writes ./train.swift as train.swift.
    func plain(_ path: String) -> String {
      (path.hasPrefix("/") ? "/" : "") + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
    let (file, script) = (plain(file), plain(script))
    return file == script || file.hasSuffix("/" + script)
      || (file.hasSuffix("/main.swift") && file.contains("/scripts/new-"))
  }
}
