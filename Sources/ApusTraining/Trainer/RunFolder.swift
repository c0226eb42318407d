import ApusInterchange
import ApusSupport

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
/// | `split.csv` | of image files: which part each went into |
/// | `observations.csv` | what the layers gave, where that was asked for |
///
/// The checkpoint is the truth; model, metrics and report are derived from it and written again on resume.
package struct RunFiles: Sendable {
  /// The run's folder.
  package let folder: String
  /// The model's file: `model.safetensors`, or another one that `init(at:)` was given.
  package let model: String

  /// The files of the run in `folder`, whether they are there or not.
  package init(_ folder: String) {
    self.folder = folder
    model = folder + "/" + MetadataKey.modelFile
  }

  /// Of a path that people give: the folder of a run, its `run.json`, or a model's file, whose folder is then taken as the run's.
  package init(at path: String) {
    guard File.exists(path) else {
      self.init(path)
      return
    }
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let isRecord = path.hasSuffix("/run.json") || path == "run.json"
    self = isRecord ? RunFiles(folder) : RunFiles(folder: folder, model: path)
  }

  private init(folder: String, model: String) {
    self.folder = folder
    self.model = model
  }

  /// The path of `run.json`.
  package var record: String { folder + "/" + RunFiles.recordName }
  /// The path of `last.safetensors`.
  package var checkpoint: String { folder + "/last.safetensors" }
  /// The path of `metrics.csv`.
  package var metrics: String { folder + "/metrics.csv" }
  /// The path of `report.html`.
  package var report: String { folder + "/report.html" }
  /// The path of `observations.csv`.
  package var observations: String { folder + "/observations.csv" }
  /// The path of `split.csv`.
  package var split: String { folder + "/" + RunFiles.splitName }

  package static let recordName = "run.json"
  static let splitName = "split.csv"

  var all: [String] { [record, checkpoint, model, metrics, report, split, observations] }
}

/// The folder of one training run. While a `RunFolder` lives its process alone may write there: the folder itself is locked, and held
/// open, so that everything goes into the very folder that is locked and not into one that was made in its place.
package final class RunFolder {
  /// Paths of the run's files in the folder.
  package let files: RunFiles
  private let held: HeldFolder
  /// Files that the run writes.
  private let names: [String]
  /// Folders that `create` made, innermost first.
  private let made: [String]

  private init(_ held: HeldFolder, names: [String], made: [String]) {
    files = RunFiles(held.path)
    self.held = held
    self.names = names
    self.made = made
  }

  /// Makes the folder of a new run, and those above it that lack. One that is there is taken unless it holds a file of a run.
  package static func create(at path: String) throws(FileError) -> RunFolder { try create(at: path, others: []) }

  /// - Parameter others: names of files that the run writes beside those of `RunFiles`.
  static func create(at path: String, others: [String]) throws(FileError) -> RunFolder {
    let path = trimmed(path)
    let made = try makeFolders(path)
    do throws(FileError) {
      let names = RunFiles(path).all.map(name) + others
      let folder = RunFolder(try lockFolder(path), names: names, made: made)
      if folder.place(folder.files.record).exists {
        throw FileError(
          path, found: "the folder holds a run already", expected: "a new folder; `resume` continues a run")
      }
      if let name = names.first(where: { FilePlace(folder.held, $0).exists }) {
        throw FileError(
          "\(path)/\(name)", found: "a file that a run would replace", expected: "a folder without one")
      }
      return folder
    } catch {
      for folder in made { rmdir(folder) }
      throw error
    }
  }

  /// The folder of a run that was started before.
  package static func open(at path: String) throws(FileError) -> RunFolder {
    let path = trimmed(path)
    let folder = RunFolder(try lockFolder(path), names: RunFiles(path).all.map(name), made: [])
    if !folder.place(folder.files.record).exists {
      throw FileError(path, found: "the folder holds no run.json", expected: "the folder of a run")
    }
    return folder
  }

  /// Where a file of the run is written.
  ///
  /// - Parameter file: its path, one of `files`, or a name.
  func place(_ file: String) -> FilePlace { FilePlace(held, RunFolder.name(file)) }

  /// Takes back a run that has not begun: what it wrote, and the folders if `create` made them.
  package func discard() {
    for name in names { FilePlace(held, name).remove() }
    // Another folder in its place is another run's.
    if made.isEmpty || !held.isInPlace { return }
    for folder in made { rmdir(folder) }
  }

  var hasCheckpoint: Bool { place(files.checkpoint).exists }

  /// Whether a process is at work on the run in a folder.
  static func isInUse(_ folder: String) -> Bool {
    guard let folder = try? HeldFolder(folder) else { return false }
    // Given back at once, with the descriptor.
    return flock(folder.descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  // MARK: System calls

  private static func name(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  private static func trimmed(_ path: String) -> String {
    var path = path
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    return path
  }

  /// The folders that it made, innermost first. Others may make the same ones meanwhile, or take theirs back: what is there
  /// serves.
  private static func makeFolders(_ path: String) throws(FileError) -> [String] {
    if path.isEmpty { throw FileError(path, found: "an empty path", expected: "the path of a folder") }
    var made: [String] = []
    // A folder above that another process takes back between two calls is made again; more often than this nobody does so.
    for _ in 0..<100 {
      if mkdir(path, 0o777) == 0 { return [path] + made }
      let code = errno
      if code == EEXIST { return made }  // a file in its place is found when the folder is opened
      guard code == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
        for folder in made { rmdir(folder) }
        throw FileError(path, cannot: "make the folder", code: code)
      }
      made = try makeFolders(trimmed(String(path[..<slash]))) + made
    }
    throw FileError(path, cannot: "make the folder", code: ENOENT)
  }

  private static func lockFolder(_ path: String) throws(FileError) -> HeldFolder {
    while true {
      let folder = try HeldFolder(path)
      if flock(folder.descriptor, LOCK_EX | LOCK_NB) != 0 {
        let code = errno
        if code == EWOULDBLOCK {
          throw FileError(path, found: "another process is at work on this run", expected: "one at a time")
        }
        throw FileError(path, cannot: "lock the folder", code: code)
      }
      // Between our open and our lock it may have been removed, and another one made.
      if folder.isInPlace { return folder }
    }
  }
}
