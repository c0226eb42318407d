import ArgumentParser

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `apus script FILE.swift [ARGUMENT…]`: runs a single file that imports Apus; the Swift toolchain compiles it in memory.
struct Script: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a single-file Swift program that imports Apus.",
    discussion: """
      The file needs no package and may begin with
        #!/usr/bin/env -S apus script
      Its exit code is the command's.
      """)

  @Argument(help: "The Swift file.", completion: .file(extensions: ["swift"]))
  var file: String

  @Argument(parsing: .captureForPassthrough, help: "Arguments for the program.")
  var arguments: [String] = []

  func run() throws {
    guard FileManager.default.isReadableFile(atPath: file) else {
      throw ScriptError(description: "\(file): there is no such file, or it cannot be read")
    }
    let libraries = try ScriptLibraries.besideCommand()
    let swift = try Self.findSwift()
    try Self.replaceProcess(by: [swift, "-O"] + libraries.compilerArguments + [file] + arguments)
  }

  private static func findSwift() throws -> String {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let candidates = path.split(separator: ":").map { "\($0)/swift" }
    guard let swift = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
      throw ScriptError(
        description: "a script needs the Swift toolchain and there is no swift on PATH: https://www.swift.org/install")
    }
    return swift
  }

  /// The program takes the place of this process, so that signals, the terminal and the exit code are its own.
  private static func replaceProcess(by words: [String]) throws {
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    pointers.append(nil)
    Terminal.restoreSignals()
    execv(words[0], pointers)
    throw ScriptError(description: "\(words[0]): \(String(cString: strerror(errno)))")
  }
}

struct ScriptError: Error, CustomStringConvertible {
  let description: String
}
