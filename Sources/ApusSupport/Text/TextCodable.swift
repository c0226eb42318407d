/// A value that is one string in JSON: the text of its `LosslessStringConvertible`.
package protocol TextCodable: LosslessStringConvertible, Codable {}

extension TextCodable {
  /// From a string. Throws `DecodingError` if `init(_:)` gives `nil` for it.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Self(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is not a \(Self.self)")
    }
    self = value
  }

  /// As a string: see `description`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
