/// A setting outside its range.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The setting with its value, and what is allowed.
  public let description: String

  package init(description: String) { self.description = description }
}
