import Apus
import ArgumentParser
import Foundation

#if canImport(Darwin)
  import Darwin
#endif

/// `apus script FILE.swift [ARGUMENT…]`: runs a single file that imports Apus. It is compiled once, into a cached program.
struct Script: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a single-file Swift program that imports Apus.",
    discussion: """
      The file needs no package and may begin with
        #!/usr/bin/env -S apus script
      It is compiled at its first start and whenever it, Apus or the compiler changes; later starts take a fraction of a second. \
      APUS_CACHE names the folder of the compiled programs, by default ~/.cache/apus. Its exit code is the command's.
      """)

  @Argument(help: "The Swift file, or - for standard input.", completion: .file(extensions: ["swift"]))
  var file: String

  @Argument(parsing: .captureForPassthrough, help: "Arguments for the program.")
  var arguments: [String] = []

  @OptionGroup var threads: ThreadOptions

  func run() throws {
    let source = try source()
    let libraries = try ScriptLibraries.besideCommand()
    let compiler = try ScriptCompiler()
    let flags = ScriptCompiler.flags + libraries.compilerArguments
    let toolchain = try ScriptToolchain(of: compiler)
    let key = ScriptKey(
      tools: toolchain.files + libraries.files, toolchain: toolchain.text, flags: flags, name: shownName,
      source: source)
    let program = try ScriptCache().program(for: key) { folder, moduleCache in
      try compiler.compile(source, shownName, flags, in: folder, moduleCache)
    }
    try replaceProcess(by: program)
  }

  private var isStandardInput: Bool { file == "-" }

  /// In messages: an absolute path would be long, and a relative one is what the user typed.
  private var shownName: String { isStandardInput ? "<stdin>" : file }

  private func source() throws -> [UInt8] {
    try File.contents(of: isStandardInput ? "/dev/stdin" : file)
  }

  /// The program takes the place of this process, so that signals, the terminal and the exit code are its own.
  private func replaceProcess(by program: String) throws {
    setenv("APUS_SCRIPT_REPORTER", try ScriptLibraries.commandPath(), 1)
    setenv("APUS_SCRIPT_FILE", shownName, 1)
    if let threads = threads.threads { setenv("OMP_NUM_THREADS", "\(threads)", 1) }
    var words: [UnsafeMutablePointer<CChar>?] = ([file] + arguments).map { strdup($0) }
    words.append(nil)
    Terminal.restoreSignals()
    execv(program, words)
    throw ScriptError(description: "\(program): cannot start it: \(String(cString: strerror(errno)))")
  }
}
