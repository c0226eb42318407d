#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

// JSON has no infinity and no NaN. A loss may be one: it is written as a string, and read back as the number that it was.

extension JSONEncoder {
  package static var anyNumber: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }
}

extension JSONDecoder {
  package static var anyNumber: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }
}
