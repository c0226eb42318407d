/// Letters of 5×7 pixels, with two rows more below the line for some, for the captions of pictures: digits and what captions need.
package enum PixelText {
  /// Above the line.
  package static let height = 7
  /// Of a letter with the gap behind it.
  package static let advance = 6

  /// Rows from the top, a digit of base 32 each, the highest bit left.
  private static let glyphs: [Character: String] = [
    "0": "EHJLPHE", "1": "4C4444E", "2": "EH1248V", "3": "V24211U", "4": "26AIV22", "5": "VGU11HE", "6": "68GUHHE",
    "7": "V124888", "8": "EHHEHHE", "9": "EHHF12C", "a": "00E1FHF", "b": "GGMPHHU", "c": "00EGGHE", "d": "11DJHHF",
    "e": "00EHVGE", "f": "69SS888", "g": "00FHHHF1E", "h": "GGMPHHH", "i": "40C444E", "j": "202222224", "k": "GGIKOKI",
    "l": "C44444E", "m": "00QLLLL", "n": "00MPHHH", "o": "00EHHHE", "p": "00UHHHUGG", "q": "00FHHHF11", "r": "00MPGGG",
    "s": "00EGE1U", "t": "88S8896", "u": "00HHHJD", "v": "00HHHA4", "w": "00HHLLA", "x": "00HA4AH", "y": "00HHHHF1E",
    "z": "00V248V", " ": "0000000", ".": "00000CC", ",": "00000CC48", ":": "0CC0CC0", "-": "000V000", "%": "OP248J3",
    "×": "00HA4AH",
    "I": "E44444E", "U": "HHHHHHE",
  ]

  package static func width(of text: String) -> Int { max(0, text.count * advance - 1) }

  /// Whether each pixel of a letter is set, rows from the top; `nil` if it is not known.
  package static func pixels(of letter: Character) -> [[Bool]]? {
    glyphs[letter]?.map { digit in
      let bits = digit.wholeNumberValue ?? Int(digit.asciiValue! - UInt8(ascii: "A")) + 10
      return (0..<5).map { bits >> (4 - $0) & 1 == 1 }
    }
  }
}
