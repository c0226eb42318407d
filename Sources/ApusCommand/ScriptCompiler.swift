import Foundation

#if canImport(Darwin)
  import Darwin
#endif

/// The Swift toolchain on `PATH`.
struct ScriptCompiler {
  /// `swiftc`, with links resolved.
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
    let real = URL(filePath: path).resolvingSymlinksInPath().deletingLastPathComponent().path
    let folders = [real] + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile(atPath:))
  }

  /// Writes `program` into a folder; what the compiler says goes to standard error. Its failure ends the command with its exit
  /// code.
  func compile(
    _ source: [UInt8], _ name: String, _ flags: [String], in folder: String, _ moduleCache: String
  ) throws {
    // main.swift may have statements outside of functions, whatever the user's file is called.
    let copy = folder + "/main.swift"
    try Data(ScriptCompiler.named(source, name)).write(to: URL(filePath: copy))
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = flags + ["-module-cache-path", moduleCache, copy, "-o", folder + "/program"]
    process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": folder]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(fileDescriptor: STDERR_FILENO)
    try process.run()
    process.waitUntilExit()
    if process.terminationReason == .exit && process.terminationStatus == 0 { return }
    throw ScriptError(description: "\(name) does not compile")
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
