import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The Swift toolchain on `PATH`.
struct ScriptCompiler {
  /// `swiftc` as it is on `PATH`.
  let path: String

  /// Line tables, so that a stop can be told with its line. The module's name is not the file's: a script may be called
  /// Apus.swift.
  static let flags = ["-O", "-gline-tables-only", "-module-name", "main"]

  init() throws {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    guard let found = folders.map({ "\($0)/swiftc" }).first(where: FileManager.default.isExecutableFile(atPath:)) else {
      throw ScriptError(
        description: "scripts need the Swift toolchain, but there is no swiftc on PATH: https://www.swift.org/install")
    }
    path = found
  }

  /// A tool that lies beside the compiler, or is on `PATH`.
  func tool(_ name: String) -> String? {
    let folders =
      [ScriptToolchain.tools(of: self)].compactMap { $0 }
      + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile(atPath:))
  }

  /// Writes `program` into a folder; what the compiler says goes to standard error.
  ///
  /// - Throws: `ScriptError` where it fails.
  func compile(
    _ source: [UInt8], _ name: String, _ flags: [String], in folder: String, _ moduleCache: String
  ) throws {
    // main.swift may have statements outside of functions, whatever the user's file is called.
    let copy = folder + "/main.swift"
    try Data(ScriptCompiler.named(source, name)).write(to: URL(filePath: copy))
    let status = try run(
      flags + ["-module-cache-path", moduleCache, copy, "-o", folder + "/program"],
      environment: ProcessInfo.processInfo.environment.merging(["TMPDIR": folder]) { $1 })
    if status == 0 { return }
    throw ScriptError(description: "\(name) does not compile")
  }

  /// What the compiler prints; it fails, and says why on standard error, or it does not.
  func output(of arguments: [String]) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    do {
      try process.run()
    } catch {
      throw ScriptError(description: "\(path): cannot start it: \(error.localizedDescription)")
    }
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    if process.terminationStatus != 0 {
      throw ScriptError(
        description: "\(path) \(arguments.joined(separator: " ")) failed; scripts need a working Swift toolchain")
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The compiler's status. Not by Foundation's `Process`, which gives it a process group of its own: Ctrl-C would end this command
  /// and leave the compiler running.
  private func run(_ arguments: [String], environment: [String: String]) throws -> Int32 {
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in words + variables { free(text) } }
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
    var (child, status): (pid_t, Int32) = (0, 1)
    let code = posix_spawn(&child, path, &actions, nil, &words, &variables)
    if code != 0 {
      throw ScriptError(description: "\(path): cannot start it: \(String(cString: strerror(code)))")
    }
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    return status
  }

  /// The source under its user's name: a directive takes the place of a `#!` line, or stands before the first one.
  private static func named(_ source: [UInt8], _ name: String) -> [UInt8] {
    var rest = source[...]
    var first = 1
    if rest.starts(with: Array("#!".utf8)) {
      rest = rest.drop { $0 != UInt8(ascii: "\n") }.dropFirst()
      first = 2
    }
    let escaped = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return Array("#sourceLocation(file: \"\(escaped)\", line: \(first))\n".utf8) + rest
  }
}
