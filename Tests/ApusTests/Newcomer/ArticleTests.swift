import Foundation
import Testing

/// The articles of the documentation (Sources/Apus/Apus.docc): the Swift of each, one block after the other, is a program that compiles
/// against the modules beside these tests. `Scripts/test-articles` also runs them.
@Suite struct ArticleTests {
  private static let folder = repositoryFile("Sources/Apus/Apus.docc")

  static let articles: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".md") }.sorted()
  }()

  /// Where the build put the modules: beside the command.
  private static let modules = URL(fileURLWithPath: CommandTests.path).deletingLastPathComponent().path + "/Modules"

  private static func program(of article: String) throws -> String {
    var lines: [Substring] = []
    var isInside = false
    for line in try String(contentsOfFile: "\(folder)/\(article)", encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      let isFence = line.hasPrefix("```")
      if isFence { isInside = !isInside && line == "```swift" }
      // Empty lines for the text, so that the compiler's line numbers are the article's.
      lines.append(isInside && !isFence ? line : "")
    }
    return lines.joined(separator: "\n")
  }

  @Test func allOfThemAreFound() { #expect(Self.articles.count >= 12, "\(Self.articles)") }

  @Test(arguments: articles) func itsCodeCompiles(_ article: String) throws {
    let program = try Self.program(of: article)
    #expect(program.contains("import Apus\n"), "\(article) has no program")
    // What is wider is cut off on the page.
    #expect(program.split(separator: "\n").filter { $0.count > 82 } == [], "\(article)")
    let work = try TemporaryFolder()
    let file = try work.file("main.swift", Array(program.utf8))
    let sources = repositoryFile("Sources")
    let libraries = try FileManager.default.contentsOfDirectory(atPath: sources).filter { $0.hasPrefix("C") }.sorted()
    let includes = [Self.modules, repositoryFile("csrc/include")] + libraries.map { "\(sources)/\($0)" }

    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["swiftc", "-typecheck", "-swift-version", "6", "-warnings-as-errors", "-module-name", "main"]
      + includes.flatMap { ["-I", $0] } + [file]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(article): \(text)")
  }
}
