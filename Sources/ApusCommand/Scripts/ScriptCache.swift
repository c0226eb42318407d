import Apus
import Foundation

#if canImport(Darwin)
  import Darwin
#endif

/// Compiled scripts, each in a folder of its own under the name of its key.
///
/// An entry is made in a temporary folder beside the others and renamed when it is complete: starts at the same time do not see
/// half of one. The text of the key lies in it and is compared, so that a fingerprint shared by chance does no harm. The oldest
/// entries are removed when a new one comes.
struct ScriptCache {
  private let folder: String

  /// Entries kept; a program is some hundred kilobytes.
  private static let programsKept = 32
  /// Of the compiler's own caches of C modules, one for each compiler and library, some ten megabytes.
  private static let moduleCachesKept = 2
  /// Age at which what an interrupted start left behind is removed.
  private static let secondsLeftBehind = 86_400.0

  /// In the first of these that can be written: `$APUS_CACHE`, `$XDG_CACHE_HOME/apus`, `~/.cache/apus`, and a folder of the
  /// user's own among the temporary files.
  init() throws {
    let environment = ProcessInfo.processInfo.environment
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
    let candidates =
      environment["APUS_CACHE"].flatMap { $0.isEmpty ? nil : [URL(filePath: $0).path] }
      ?? [
        variable("XDG_CACHE_HOME").map { $0 + "/apus" }, variable("HOME").map { $0 + "/.cache/apus" },
      ].compactMap { $0 }
    if let folder = candidates.map({ $0 + "/scripts" }).first(where: ScriptCache.isUsable) {
      self.folder = folder
      return
    }
    let temporary = (variable("TMPDIR") ?? "/tmp") + "/apus-\(geteuid())"
    guard ScriptCache.isOwn(temporary), ScriptCache.isUsable(temporary + "/scripts") else {
      throw ScriptError(
        description:
          "no folder to keep compiled scripts in: \((candidates + [temporary]).joined(separator: ", ")) cannot be "
          + "written; APUS_CACHE=FOLDER names another")
    }
    folder = temporary + "/scripts"
  }

  private static func isUsable(_ folder: String) -> Bool {
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    guard let probe = temporaryFolder(in: folder) else { return false }
    rmdir(probe)
    return true
  }

  /// Among everybody's temporary files: a folder that nobody else can have made or can write.
  private static func isOwn(_ folder: String) -> Bool {
    mkdir(folder, 0o700)
    var status = stat()
    return lstat(folder, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
      && status.st_mode & 0o077 == 0
  }

  private static func temporaryFolder(in folder: String) -> String? {
    var template = Array("\(folder)/new-XXXXXX".utf8CString)
    return mkdtemp(&template) == nil
      ? nil : String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  // MARK: Entries

  /// The program of a key, made by `compile` where there is none yet.
  ///
  /// - Parameter compile: makes the file `program` in the folder that it is given, with a folder for the compiler's own cache.
  func program(
    for key: ScriptKey, compile: (_ folder: String, _ moduleCache: String) throws -> Void
  ) throws -> String {
    let entry = "\(folder)/program-\(key.fingerprint)"
    if holds(entry, key) {
      // For the order in which entries are removed.
      utimes(entry, nil)
      return entry + "/program"
    }
    guard let new = ScriptCache.temporaryFolder(in: folder) else {
      throw ScriptError(description: "\(folder): no folder can be made there: \(String(cString: strerror(errno)))")
    }
    do {
      let modules = "\(folder)/modules-\(key.toolsFingerprint)"
      try FileManager.default.createDirectory(atPath: modules, withIntermediateDirectories: true)
      utimes(modules, nil)
      try compile(new, modules)
      try key.bytes.write(to: URL(filePath: new + "/key"))
      try publish(new, as: entry, key)
    } catch {
      try? FileManager.default.removeItem(atPath: new)
      throw error
    }
    removeOldest()
    return entry + "/program"
  }

  private func holds(_ entry: String, _ key: ScriptKey) -> Bool {
    (try? Data(contentsOf: URL(filePath: entry + "/key"))) == key.bytes
      && FileManager.default.isExecutableFile(atPath: entry + "/program")
  }

  private func publish(_ new: String, as entry: String, _ key: ScriptKey) throws {
    for _ in 0..<10 {
      if rename(new, entry) == 0 { return }
      let code = errno
      guard code == ENOTEMPTY || code == EEXIST else {
        throw ScriptError(description: "\(entry): cannot put the program in place: \(String(cString: strerror(code)))")
      }
      // Another start was faster; or it is another key's, or damaged, and goes.
      if holds(entry, key) {
        try? FileManager.default.removeItem(atPath: new)
        return
      }
      try? FileManager.default.removeItem(atPath: entry)
    }
    throw ScriptError(description: "\(entry): other starts keep putting programs in this place")
  }

  /// A program that runs stays until it ends, although its name is gone.
  private func removeOldest() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let entries = names.map { name -> (name: String, age: Double) in
      var status = stat()
      stat(folder + "/" + name, &status)
      #if canImport(Darwin)
        let seconds = status.st_mtimespec.tv_sec
      #else
        let seconds = status.st_mtim.tv_sec
      #endif
      return (name, Date.now.timeIntervalSince1970 - Double(seconds))
    }.sorted { $0.age < $1.age }
    func named(_ prefix: String) -> [(name: String, age: Double)] { entries.filter { $0.name.hasPrefix(prefix) } }
    let old =
      named("program-").dropFirst(ScriptCache.programsKept) + named("modules-").dropFirst(ScriptCache.moduleCachesKept)
      + named("new-").filter { $0.age > ScriptCache.secondsLeftBehind }
    for entry in old { try? FileManager.default.removeItem(atPath: folder + "/" + entry.name) }
  }
}

/// What a compiled script depends on.
struct ScriptKey {
  let bytes: Data
  let fingerprint: String
  /// Of the compiler and the library alone.
  let toolsFingerprint: String

  /// - Parameters:
  ///   - tools: files that the program is made with; each counts with its path, size and time of change.
  ///   - toolchain: what else tells it from others.
  ///   - flags: of the compiler.
  ///   - name: of the script, which is in its messages.
  init(tools: [String], toolchain: String, flags: [String], name: String, source: [UInt8]) {
    let identity = tools.map { path -> String in
      var status = stat()
      stat(path, &status)
      #if canImport(Darwin)
        let time = status.st_mtimespec
      #else
        let time = status.st_mtim
      #endif
      return "\(path) \(status.st_ino) \(status.st_size) \(time.tv_sec).\(time.tv_nsec)"
    }
    let text = ([Runtime.buildDescription] + identity + [toolchain]).joined(separator: "\n") + "\n"
    let rest = flags.joined(separator: "\u{0}") + "\n\(name)\n"
    bytes = Data(Array((text + rest).utf8) + source)
    toolsFingerprint = Fingerprint.text(of: text.utf8)
    fingerprint = Fingerprint.text(of: bytes)
  }
}
