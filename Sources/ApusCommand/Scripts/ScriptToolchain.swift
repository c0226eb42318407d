import Foundation

/// Which toolchain a `swiftc` is. Often it is a program that stands for the compiler and chooses one at each start.
struct ScriptToolchain {
  /// Files that a change of the toolchain changes, whether they are there or not.
  let files: [String]
  /// What no file tells.
  let text: String

  init(of compiler: ScriptCompiler) throws {
    let program = URL(filePath: compiler.path).resolvingSymlinksInPath()
    if let frontend = ScriptToolchain.frontend(beside: program) {
      (files, text) = ([compiler.path, frontend], "")
    } else if program.lastPathComponent == "swiftly" {
      (files, text) = ([compiler.path] + ScriptToolchain.swiftlyFiles, ScriptToolchain.swiftlyFolders)
    } else {
      // A start of the compiler, some 50 ms.
      (files, text) = ([compiler.path], try compiler.output(of: ["-print-target-info"]))
    }
  }

  /// The folder with the tools of the toolchain that `compiler` is or stands for.
  static func tools(of compiler: ScriptCompiler) -> String? {
    let program = URL(filePath: compiler.path).resolvingSymlinksInPath()
    if frontend(beside: program) != nil { return program.deletingLastPathComponent().path }
    struct Target: Decodable {
      struct Paths: Decodable { var runtimeResourcePath: String }
      var paths: Paths
    }
    guard let text = try? compiler.output(of: ["-print-target-info"]),
      let target = try? JSONDecoder().decode(Target.self, from: Data(text.utf8))
    else { return nil }
    // usr/lib/swift
    return URL(filePath: target.paths.runtimeResourcePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "bin").path
  }

  /// The compiler proper, which lies in every toolchain.
  private static func frontend(beside program: URL) -> String? {
    let path = program.deletingLastPathComponent().path + "/swift-frontend"
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }

  /// What swiftly goes by: the nearest `.swift-version` here or above, or else its configuration.
  private static var swiftlyFiles: [String] {
    var folder = URL(filePath: FileManager.default.currentDirectoryPath)
    var version = folder.path + "/.swift-version"
    while !FileManager.default.fileExists(atPath: version), folder.path != "/" {
      folder.deleteLastPathComponent()
      version = (folder.path == "/" ? "" : folder.path) + "/.swift-version"
    }
    let variables = ProcessInfo.processInfo.environment
    let homes =
      variables["SWIFTLY_HOME_DIR"].map { [$0] }
      ?? [variables["XDG_DATA_HOME"].map { $0 + "/swiftly" }]
      .compactMap { $0 } + ["/.local/share/swiftly", "/.swiftly"].map { (variables["HOME"] ?? "") + $0 }
    return [version] + homes.map { $0 + "/config.json" }
  }

  private static var swiftlyFolders: String { ProcessInfo.processInfo.environment["SWIFTLY_TOOLCHAINS_DIR"] ?? "" }
}
