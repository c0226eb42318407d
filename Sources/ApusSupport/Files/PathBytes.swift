/// A path by its bytes: as strings, two files are equal whose names differ only in how Unicode composes their letters.
package struct PathBytes: Hashable {
  private let bytes: [UInt8]

  package init(_ path: String) { bytes = Array(path.utf8) }
}
