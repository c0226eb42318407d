/// As text, for the command and `run.json`: `layer4.*:lr=0.1`, `*.bias:lr=2,wd=0`, `conv1.*:train=false`.
extension ParameterGroup: CustomStringConvertible, Codable {
  /// `nil` if it is not a pattern, a colon and settings, or a number is negative or none.
  package init?(text: String) {
    guard let colon = text.lastIndex(of: ":"), colon != text.startIndex else { return nil }
    self.init(String(text[..<colon]))
    for setting in text[text.index(after: colon)...].split(separator: ",", omittingEmptySubsequences: false) {
      let sides = setting.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2 else { return nil }
      let number = Double(sides[1]).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
      switch (sides[0], number, Bool(String(sides[1]))) {
      case ("lr", let number?, _) where learningRate == nil: learningRate = number
      case ("wd", let number?, _) where weightDecay == nil: weightDecay = number
      case ("train", _, let value?) where isTrainable == nil: isTrainable = value
      default: return nil
      }
    }
  }

  /// The pattern, a colon, and the settings that are set: `conv1.*:lr=0.1,train=false`.
  public var description: String {
    let settings = [
      learningRate.map { "lr=\($0)" }, weightDecay.map { "wd=\($0)" }, isTrainable.map { "train=\($0)" },
    ]
    return pattern + ":" + settings.compactMap { $0 }.joined(separator: ",")
  }

  /// From a string. Throws `DecodingError` where `init(text:)` gives `nil`, but for a group without settings, which a program may make.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    let isEmpty = text.count > 1 && text.last == ":"
    guard let group = isEmpty ? ParameterGroup(String(text.dropLast())) : ParameterGroup(text: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\"\(text)\" is not a group of parameters")
    }
    self = group
  }

  /// As a string: see `description`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
