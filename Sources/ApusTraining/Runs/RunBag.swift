import ApusData
import ApusFigures
import ApusNetworks
import ApusSupport

/// Runs that are one bagged ensemble: the folders `1`, `2` and so on of a folder, each a run like any other, on a bootstrap draw of the
/// training images and with initial values of its own. Breiman 1996, "Bagging predictors".
///
/// Every member's `run.json` is there from the start, so that a bag that was interrupted knows what is left to do. Member k has the
/// settings' seed + k − 1, for its draw as well.
package struct RunBag {
  /// Folders of the members' runs.
  package let paths: [String]
  /// Those of a bag that was just made, held until they have begun.
  private var begins: [(record: RunRecord, folder: RunFolder)?]
  private let classes: Int?

  /// Members that a bag may have.
  package static let sizes = 1...1000

  /// Makes the folders of the members, and takes them back if that fails.
  package static func create(_ request: TrainingRun.Request, members count: Int, at path: String) throws -> RunBag {
    if !sizes.contains(count) {
      throw SettingsError(description: "a bag of \(count) runs, expected 1 to \(sizes.upperBound.grouped)")
    }
    if request.scenes != nil || request.localizes {
      throw SettingsError(
        description: "scenes are new in every epoch, expected images to draw a bag's training sets from")
    }
    var record = try TrainingRun.checked(request)
    if File.exists(RunFiles(path).record) {
      throw FileError(path, found: "the folder holds a run already", expected: "a new folder for several runs")
    }
    let seed = record.settings.seed
    var made: [(record: RunRecord, folder: RunFolder)] = []
    do {
      // The last one first, so that the folder around them is its: what is taken back in order then ends with that.
      for member in (1...count).reversed() {
        record.settings.seed = seed &+ UInt64(member - 1)
        record.bootstrap = RunRecord.Bootstrap(member: member, members: count, seed: record.settings.seed)
        let folder = try RunFolder.create(at: place(of: member, in: path))
        made.insert((record, folder), at: 0)
        try record.write(to: folder.place(folder.files.record))
      }
    } catch {
      for (_, folder) in made { folder.discard() }
      throw error
    }
    return RunBag(paths: made.map(\.folder.files.folder), begins: made, classes: request.classes)
  }

  private static func place(of member: Int, in path: String) -> String {
    (path.hasSuffix("/") ? path : path + "/") + "\(member)"
  }

  /// The bag in a folder; `nil` where there is none.
  ///
  /// - Throws: `FileError` where a member lacks.
  package static func open(_ path: String) throws -> RunBag? {
    let first = RunFiles(place(of: 1, in: path))
    guard !File.exists(RunFiles(path).record), File.exists(first.record),
      let bootstrap = try RunRecord.read(first.record).bootstrap
    else { return nil }
    let paths = (1...max(1, bootstrap.members)).map { place(of: $0, in: path) }
    if let missing = paths.first(where: { !File.exists(RunFiles($0).record) }) {
      throw FileError(
        missing, found: "no run there", expected: "one of the \(bootstrap.members) members of the bag")
    }
    return RunBag(paths: paths, begins: paths.map { _ in nil }, classes: nil)
  }

  /// Trains a member, counted from 0: begins it, goes on with it, or finds that it has finished. One that fails before the first
  /// step of all takes the bag back.
  package mutating func run(
    _ member: Int, reader: ImageFolder.Reader? = nil, pictures: PictureFormat = .bmp,
    observer: some TrainingObserver = SilentObserver()
  ) throws -> TrainingRun.Outcome {
    guard let (record, folder) = begins[member] else {
      return try TrainingRun.resume(paths[member], reader: reader, pictures: pictures, observer: observer)
    }
    begins[member] = nil
    do {
      return try TrainingRun.begin(record, classes: classes, in: folder, reader, pictures, observer)
    } catch {
      if member == 0 && !File.exists(folder.files.record) {
        for case (_, let folder)? in begins { folder.discard() }
      }
      throw error
    }
  }
}
