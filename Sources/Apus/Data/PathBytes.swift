/// A path by its bytes: as strings, two files are equal whose names differ only in how Unicode composes their letters.
struct PathBytes: Hashable {
  private let bytes: [UInt8]

  init(_ path: String) { bytes = Array(path.utf8) }
}
