import Apus
import Foundation
import Testing

/// `apus script`: compiled once, then started; what it prints, and how it stops.
@Suite(.serialized) struct ScriptTests {
  private typealias Finished = CommandTests.Finished

  /// One for the suite: the compiler's own cache is in it.
  private static let cache: String = {
    atexit { try? FileManager.default.removeItem(atPath: ScriptTests.cache) }
    return FileManager.default.temporaryDirectory.appendingPathComponent("apus-scripts-\(UUID().uuidString)").path
  }()
  private static let programs = cache + "/scripts"

  private func apus(_ arguments: [String], _ environment: String = "", input: String? = nil) throws -> Finished {
    let source = input.map { "printf '%s' '\($0)' | " } ?? ""
    return try CommandTests().apus(words: arguments, shell: "\(source)APUS_CACHE='\(Self.cache)' \(environment) \"$@\"")
  }

  /// What a script does when it is given a word.
  private static let source = """
    import Apus

    func fail() throws {
      _ = try Npy.read("/none/x.npy")
    }

    print("given", CommandLine.arguments.dropFirst().joined(separator: " "), terminator: "|")
    print()
    switch CommandLine.arguments.dropFirst().first {
    case "trap":
      let layer = Linear(3, 2)
      print(layer(Tensor.zeros([1, 4])))
    case "own":
      let numbers = CommandLine.arguments.map(\\.count)
      print(numbers[numbers[0] + 100])
    case "throw":
      try fail()
    case "exit":
      print("unfinished", terminator: "")
      fatalError("stopped")
    default:
      print(Tensor([1 as Float, 2]).sum().item())
    }
    """

  private func entries() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: Self.programs).filter { $0.hasPrefix("program-") }.sorted()
  }

  @Test func runsACachedProgramAndTellsWhereItStops() throws {
    let folder = try TemporaryFolder()
    let script = try folder.file("trap.swift", Array(Self.source.utf8))
    let first = try apus(["script", script, "a", "--b"])
    #expect(first.status == 0 && first.output == "given a --b|\n3.0\n" && first.errors.isEmpty, "\(first.errors)")
    let made = try entries()
    let program = try Self.programs + "/" + #require(made.last) + "/program"
    let before = try FileManager.default.attributesOfItem(atPath: program)[.systemFileNumber] as? Int

    // What was printed before a stop is there, in a pipe too; then the message, and the script's line.
    for (word, line, message) in [
      ("trap", 12, "Fatal error: Linear expects 3 features, input is [1, 4]"), ("own", 15, "Index out of range"),
      ("throw", 4, "/none/x.npy: cannot open it for reading: No such file or directory"),
      ("exit", 20, "Fatal error: stopped"),
    ] {
      let run = try apus(["script", script, word])
      #expect(run.status != 0 && run.output.hasPrefix("given \(word)|\n"), "\(word): \(run.output)")
      // The message, the line, and nothing of the compiler's; a check of Swift's own has its message in the line.
      let lines = run.errors.split(separator: "\n")
      #expect(lines.count == (word == "own" ? 1 : 2) && run.errors.contains(message), "\(word): \(run.errors)")
      #expect(lines.last?.hasPrefix("apus: \(script):\(line): the script stopped here") == true, "\(run.errors)")
      if word == "exit" { #expect(run.output.hasSuffix("\nunfinished")) }
    }
    #expect(try entries() == made)
    // Nothing is compiled again: where no compiler could work it starts as before.
    let without = try apus(["script", script, "a", "--b"], "SDKROOT=/none")
    #expect(without.status == 0 && without.output == first.output, "\(without.errors)")
    #expect(try FileManager.default.attributesOfItem(atPath: program)[.systemFileNumber] as? Int == before)

    // Another content is another program.
    try folder.file("trap.swift", Array(Self.source.replacing("given", with: "taken").utf8))
    #expect(try apus(["script", script]).output.hasPrefix("taken |"))
    #expect(try entries().count == made.count + 1)
  }

  @Test func takesStandardInputAndAnyName() throws {
    let run = try apus(
      ["script", "-", "x"], input: "import Apus\nprint(CommandLine.arguments.count, Tensor.ones([2]).shape)")
    #expect(run.status == 0 && run.output == "2 [2]\n", "\(run.errors)")
    // A name without a suffix, a #! line, and a module's name.
    let folder = try TemporaryFolder()
    let text = "#!/usr/bin/env -S apus script\nimport Apus\nprint(#line, Tensor.ones([3]).shape)\n"
    for name in ["Apus.swift", "no suffix"] {
      let named = try apus(["script", try folder.file(name, Array(text.utf8))])
      #expect(named.status == 0 && named.output == "3 [3]\n", "\(named.errors)")
    }
  }

  @Test func tellsWhatDoesNotCompileUnderItsOwnName() throws {
    let folder = try TemporaryFolder()
    let before = try? entries()
    let script = try folder.file(
      "wrong.swift", Array("#!/usr/bin/env -S apus script\nimport Apus\nlet x: Int = \"a\"\n".utf8))
    let run = try apus(["script", script])
    #expect(run.status == 1 && run.errors.contains("\(script):3:"), "\(run.errors)")
    #expect(run.errors.hasSuffix("apus: error: \(script) does not compile\n"))
    #expect((try? entries()) == before, "no program is kept")
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.programs)
    #expect(!names.contains { $0.hasPrefix("new-") }, "\(names)")
    let none = try apus(["script", folder.path + "/none.swift"])
    #expect(none.status == 1 && none.errors.contains("No such file or directory"))
  }

  /// A `swiftc` that only stands for the compiler: what it stands for is part of the key.
  @Test(arguments: ["swiftly", "wrapper"]) func noticesAnotherToolchainBehindAProxy(_ name: String) throws {
    let folder = try TemporaryFolder()
    let compiler = try #require(
      (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/swiftc" }
        .first(where: FileManager.default.isExecutableFile(atPath:)))
    // It notes what it is asked to do; of another toolchain it tells something else of itself, here one more empty line.
    let proxy = try folder.file(
      name,
      Array(
        """
        #!/bin/sh
        echo "$1" >>'\(folder.path)/log'
        if [ "$1" = -print-target-info ]; then cat '\(folder.path)/toolchain'; fi
        exec '\(compiler)' "$@"
        """.utf8))
    chmod(proxy, 0o755)
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/swiftc", withDestinationPath: proxy)
    try folder.file("toolchain", Array("\n".utf8))
    let script = try folder.file("one.swift", Array("import Apus\nprint(Tensor.ones([2]).sum().item())\n".utf8))

    /// What the compiler was asked to do at a start.
    func started(_ variables: String = "", in place: String? = nil) throws -> [Substring] {
      try? FileManager.default.removeItem(atPath: folder.path + "/log")
      let move = place.map { "cd '\($0)' &&" } ?? ""
      let run = try CommandTests().apus(
        words: ["script", script],
        shell:
          "\(move) APUS_CACHE='\(Self.cache)' HOME='\(folder.path)' PATH='\(folder.path)':\"$PATH\" \(variables) \"$@\""
      )
      #expect(run.status == 0 && run.output == "2.0\n", "\(run.errors)")
      let log = (try? File.contents(of: folder.path + "/log")) ?? []
      return String(decoding: log, as: UTF8.self).split(separator: "\n")
    }
    let (asked, compiled): ([Substring], Substring) = (name == "swiftly" ? [] : ["-print-target-info"], "-O")
    #expect(try started() == asked + [compiled] && started() == asked)
    if name == "wrapper" {
      try folder.file("toolchain", Array("\n\n".utf8))
      #expect(try started() == asked + [compiled] && started() == asked)
      // What tells a stop's line lies beside the real compiler, which is not on PATH; what is there does not work.
      chmod(try folder.file("llvm-symbolizer", Array("#!/bin/sh\nexit 1\n".utf8)), 0o755)
      let stops = try folder.file("stops.swift", Array("import Apus\nlet x = 1\nfatalError(\"at \\(x)\")\n".utf8))
      let stopped = try CommandTests().apus(
        words: ["script", stops],
        shell: "APUS_CACHE='\(Self.cache)' PATH='\(folder.path)':/usr/bin:/bin \"$@\"")
      #expect(
        stopped.status != 0 && stopped.errors.hasSuffix("\(stops):3: the script stopped here\n"), "\(stopped.errors)")
      return
    }
    // swiftly goes by its configuration and by .swift-version in the folder or above it.
    let home = folder.path + "/.local/share/swiftly"
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    for version in ["6.3.1", "6.4.0"] {
      try folder.file(".local/share/swiftly/config.json", Array("{\"inUse\":\"\(version)\"}".utf8))
      #expect(try started() == [compiled] && started() == [], "\(version)")
    }
    let project = folder.path + "/project/inner"
    try FileManager.default.createDirectory(atPath: project, withIntermediateDirectories: true)
    #expect(try started(in: project) == [], "no version of its own")
    try folder.file("project/.swift-version", Array("6.2.0\n".utf8))
    #expect(try started(in: project) == [compiled] && started(in: project) == [])
    #expect(try started() == [])
    #expect(try started("SWIFTLY_HOME_DIR='\(project)'") == [compiled])
  }

  @Test func keepsABoundedNumberOfPrograms() throws {
    let folder = try TemporaryFolder()
    // The folder is there after a first start.
    let script = try folder.file("one.swift", Array("import Apus\nprint(1)\n".utf8))
    #expect(try apus(["script", script]).status == 0)
    for index in 0..<40 {
      let old = Self.programs + "/program-old\(index)"
      try FileManager.default.createDirectory(atPath: old, withIntermediateDirectories: false)
      try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: old)
    }
    try folder.file("one.swift", Array("import Apus\nprint(2)\n".utf8))
    #expect(try apus(["script", script]).output == "2\n")
    let left = try entries()
    #expect(left.count == 32 && left.filter { !$0.hasPrefix("program-old") }.count >= 2, "the newest stay")
  }

  /// Both find no program and make one; and neither has a home.
  @Test func startsAtOneTimeAndWithoutAHome() throws {
    let folder = try TemporaryFolder()
    let script = try folder.file("two.swift", Array("import Apus\nprint(Tensor.ones([2]).sum().item())\n".utf8))
    let shell = """
      unset APUS_CACHE XDG_CACHE_HOME
      export HOME='\(script)' TMPDIR='\(folder.path)'
      "$@" & "$@"; wait $!
      """
    let run = try CommandTests().apus(words: ["script", script], shell: shell)
    #expect(run.status == 0 && run.output == "2.0\n2.0\n" && run.errors.isEmpty, "\(run.errors)")
    let kept = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/apus-\(geteuid())/scripts")
    #expect(kept.filter { $0.hasPrefix("program-") }.count == 1 && !kept.contains { $0.hasPrefix("new-") }, "\(kept)")
    // A folder that others could have made among everybody's files is not trusted.
    let other = folder.path + "/other"
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
    try FileManager.default.createDirectory(
      atPath: "\(other)/apus-\(geteuid())", withIntermediateDirectories: false, attributes: [.posixPermissions: 0o777])
    chmod("\(other)/apus-\(geteuid())", 0o777)
    let refused = try CommandTests().apus(
      words: ["script", script],
      shell: "unset APUS_CACHE XDG_CACHE_HOME; HOME='\(script)' TMPDIR='\(other)' exec \"$@\"")
    #expect(refused.status == 1 && refused.errors.contains("APUS_CACHE=FOLDER names another"), "\(refused.errors)")
  }
}
