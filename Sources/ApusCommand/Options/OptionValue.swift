import Apus
import ArgumentParser

/// What options accept. A refusal names the value, the option, and what was expected, for instance: The value '-1' is invalid for
/// '--epochs <epochs>': expected a whole number from 1 to 1,000,000.
///
/// Options of numbers are parsed `.unconditional`, so that `--epochs -1` is a wrong number and not a missing one.
enum OptionValue {
  /// Why a value is refused, for the parser's line.
  struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  /// A whole number in a range.
  static func whole(_ range: ClosedRange<Int>, _ note: String = "") -> @Sendable (String) throws -> Int {
    { text in
      guard let number = Int(text), range.contains(number) else {
        let upper = range.upperBound == .max ? " or more" : " to \(range.upperBound.grouped)"
        throw Refusal(description: "expected a whole number, \(range.lowerBound.grouped)\(upper)\(note)")
      }
      return number
    }
  }

  /// A finite number that passes a test; `expected` completes "expected a number …".
  static func number(
    _ expected: String, _ isAllowed: @escaping @Sendable (Double) -> Bool
  ) -> @Sendable (String) throws -> Double {
    { text in
      guard let number = Double(text), number.isFinite, isAllowed(number) else {
        throw Refusal(description: "expected a number \(expected)")
      }
      return number
    }
  }

  static let seed: @Sendable (String) throws -> UInt64 = { text in
    guard let seed = UInt64(text) else {
      throw Refusal(description: "expected a whole number, 0 to 18446744073709551615")
    }
    return seed
  }

  /// One of several words, or a form that begins with one; where the text is none, the list and the nearest are told.
  ///
  /// - Parameter choices: each with its defaults in words, such as `step:EPOCHS:FACTOR (30, 0.1)`.
  static func choice<Value>(
    _ choices: [(name: String, form: String)], _ parse: @escaping @Sendable (String) -> Value?
  ) -> @Sendable (String) throws -> Value {
    { text in
      if let value = parse(text) { return value }
      let list = choices.map(\.form).joined(separator: ", ")
      let word = String(text.prefix { $0 != ":" })
      let names = choices.map(\.name)
      let nearest = names.contains(word) ? nil : Suggestion.nearest(to: word, in: names)
      throw Refusal(description: "expected one of \(list)" + (nearest.map { "; did you mean \($0)?" } ?? ""))
    }
  }
}
