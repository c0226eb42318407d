/// Data that cannot be learned from as they are: counts that disagree, labels beyond the classes, a file that is missing. One line.
public struct DataError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file, folder or data set that it is about.
  public let place: String
  public let found: String
  public let expected: String

  public init(_ place: String, found: String, expected: String) {
    self.place = place
    self.found = found
    self.expected = expected
  }

  public var description: String { "\(place): \(found), expected \(expected)" }
}
