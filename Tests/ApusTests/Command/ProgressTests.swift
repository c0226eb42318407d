import Foundation
import Testing

#if os(Linux)
  import Glibc

  /// Whether there are pseudo-terminals: a chroot without /dev/pts has none.
  private let hasTerminals: Bool = {
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    if terminal >= 0 { close(terminal) }
    return terminal >= 0
  }()

  /// The line that is redrawn in a terminal, of any width.
  extension CommandTests {
    /// What the command writes to a terminal of so many columns.
    private func shown(columns: Int, _ arguments: [String]) throws -> String {
      let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
      // TIOCSPTLCK and TIOCGPTN, which Swift does not import: the other end is unlocked, and its number.
      var (locked, number): (Int32, UInt32) = (0, 0)
      try #require(terminal >= 0 && ioctl(terminal, 0x4004_5431, &locked) == 0)
      try #require(ioctl(terminal, 0x8004_5430, &number) == 0)
      defer { close(terminal) }
      var size = winsize(ws_row: 24, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
      try #require(ioctl(terminal, UInt(TIOCSWINSZ), &size) == 0)
      let other = try FileHandle(forUpdating: URL(fileURLWithPath: "/dev/pts/\(number)"))
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Self.path)
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment.merging(["TERM": "xterm"]) { $1 }
      process.standardOutput = other
      try process.run()
      try other.close()
      var text: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: 4096)
      while true {
        // At its end a terminal gives an error.
        let count = read(terminal, &piece, piece.count)
        if count <= 0 { break }
        text += piece[..<count]
      }
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      return String(decoding: text, as: UTF8.self)
    }

    @Test(.enabled(if: hasTerminals, "no pseudo-terminals: /dev/pts is not mounted"), arguments: [1, 12, 20, 33, 80])
    func theProgressLineFitsAnyWidth(columns: Int) throws {
      let folder = try TemporaryFolder()
      let text = try shown(
        columns: columns, ["train", "lenet5", "--data", "digits", "--epochs", "20", "--out", folder.path + "/run"])
      // Each is drawn after the line was cleared, and ends where it is cleared again.
      let lines = text.components(separatedBy: "\r\u{1B}[2K").dropFirst().filter { !$0.contains("\n") && !$0.isEmpty }
      if columns > 1 { #expect(!lines.isEmpty) }
      for line in lines {
        #expect(line.count < columns, "\(line)")
        if columns >= 20 { #expect(line.hasPrefix("epoch "), "\(line)") }
        // Numbers are whole or left out.
        let forms =
          /epoch [0-9]+\/20 (\[[█░]+\]|loss [0-9.]+|\[[█░]+\] loss [0-9.]+(  [0-9a-z ]+ left(  [0-9,]+ images\/s)?)?)/
        if columns >= 20 { #expect(line.wholeMatch(of: forms) != nil, "\(line)") }
      }
      if columns >= 80 {
        #expect(lines.allSatisfy { $0.contains("images/s") && ($0.contains("█") || $0.contains("░")) })
      }
    }
  }
#endif
