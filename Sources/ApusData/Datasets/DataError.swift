/// Data that cannot be learned from as they are: counts that disagree, labels beyond the classes, a file that is missing. One line.
public struct DataError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file, folder or data set that it is about.
  package let place: String
  /// What is there, in words.
  package let found: String
  /// What should be there, in words.
  package let expected: String

  /// The parts of the line that `description` joins.
  package init(_ place: String, found: String, expected: String) {
    self.place = place
    self.found = found
    self.expected = expected
  }

  /// One line: `PLACE: FOUND, expected EXPECTED`.
  public var description: String { "\(place): \(found), expected \(expected)" }
}
