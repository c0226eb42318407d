#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The files of a training run.
///
/// | file | content |
/// |---|---|
/// | `run.json` | everything needed to repeat the run, its status, its result |
/// | `last.safetensors` | the checkpoint that a resumed run continues from |
/// | `model.safetensors` | the model that is kept, by validation |
/// | `metrics.csv` | a row an epoch |
/// | `report.html` | a page to read |
///
/// The checkpoint is the truth; model, metrics and report are derived from it and written again on resume.
public struct RunFiles: Sendable {
  public let folder: String

  public init(_ folder: String) { self.folder = folder }

  public var record: String { folder + "/run.json" }
  public var checkpoint: String { folder + "/last.safetensors" }
  public var model: String { folder + "/model.safetensors" }
  public var metrics: String { folder + "/metrics.csv" }
  public var report: String { folder + "/report.html" }

  var all: [String] { [record, checkpoint, model, metrics, report] }
}

/// The folder of one training run. While a `RunFolder` lives its process alone may write there: the folder itself is locked.
public final class RunFolder {
  public let files: RunFiles
  private let lock: Int32
  /// Folders that `create` made, innermost first.
  private let made: [String]

  private init(_ path: String, lock: Int32, made: [String]) {
    files = RunFiles(path)
    self.lock = lock
    self.made = made
  }

  deinit { close(lock) }

  /// Makes the folder of a new run, and those above it that lack. One that is there is taken unless it holds a file of a run.
  public static func create(at path: String) throws(FileError) -> RunFolder {
    let path = trimmed(path)
    let made = try makeFolders(path)
    do throws(FileError) {
      let folder = RunFolder(path, lock: try lockFolder(path), made: made)
      if exists(folder.files.record) {
        throw FileError(
          path, found: "the folder holds a run already", expected: "a new folder; --resume continues a run")
      }
      if let file = folder.files.all.first(where: exists) {
        throw FileError(file, found: "a file that a run would replace", expected: "a folder without one")
      }
      return folder
    } catch {
      for folder in made { rmdir(folder) }
      throw error
    }
  }

  /// The folder of a run that was started before.
  public static func open(at path: String) throws(FileError) -> RunFolder {
    let path = trimmed(path)
    let folder = RunFolder(path, lock: try lockFolder(path), made: [])
    if !exists(folder.files.record) {
      throw FileError(path, found: "the folder holds no run.json", expected: "the folder of a run")
    }
    return folder
  }

  /// Takes back a run that has not begun: what it wrote, and the folders if `create` made them.
  func discard() {
    for file in files.all { unlink(file) }
    for folder in made { rmdir(folder) }
  }

  var hasCheckpoint: Bool { RunFolder.exists(files.checkpoint) }

  // MARK: System calls

  private static func trimmed(_ path: String) -> String {
    var path = path
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    return path
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// The folders that it made, innermost first.
  private static func makeFolders(_ path: String) throws(FileError) -> [String] {
    if path.isEmpty { throw FileError(path, found: "an empty path", expected: "the path of a folder") }
    if mkdir(path, 0o777) == 0 { return [path] }
    switch errno {
    case EEXIST: return []  // a file in its place is found when the folder is opened
    case ENOENT:
      guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { break }
      let above = try makeFolders(trimmed(String(path[..<slash])))
      if mkdir(path, 0o777) == 0 { return [path] + above }
      let error = FileError(path, cannot: "make the folder")
      for folder in above { rmdir(folder) }
      throw error
    default: break
    }
    throw FileError(path, cannot: "make the folder")
  }

  private static func lockFolder(_ path: String) throws(FileError) -> Int32 {
    // The descriptor must not be inherited: a child that outlives this process would hold the lock.
    let descriptor = Self.openFolder(path)
    if descriptor < 0 { throw FileError(path, cannot: "open the folder") }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      close(descriptor)
      if code == EWOULDBLOCK {
        throw FileError(path, found: "another process is at work on this run", expected: "one at a time")
      }
      throw FileError(path, cannot: "lock the folder", code: code)
    }
    return descriptor
  }

  private static func openFolder(_ path: String) -> Int32 {
    #if canImport(Glibc)
      return Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    #elseif canImport(Musl)
      return Musl.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    #else
      return Darwin.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    #endif
  }
}
