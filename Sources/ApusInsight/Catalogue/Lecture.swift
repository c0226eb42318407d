/// The five lectures that the catalogue follows. Everywhere else they are called by their numbers, 0 to 4.
package enum Lecture {
  /// Titles, by number.
  package static let titles = [
    "Learning: layers, normalization, losses", "Training Algorithm for Neural Networks, Part 1 (J. Ryu)",
    "Basics of DL",
    "Neural Networks Basics and Spatial Processing with CNNs (A. Erdem, COMP547, Koç University 2025)",
    "Convolutional Networks II (J. Canny, CS 182/282A, UC Berkeley 2019)",
  ]

  /// The number in `2`, `d2` or `lecture-2`, in any case; `nil` if there is no such lecture.
  package static func number(_ text: String) -> Int? {
    let text = text.lowercased()
    let digits = ["lecture-", "d"].first { text.hasPrefix($0) }.map { text.dropFirst($0.count) } ?? text[...]
    return titles.indices.first { String($0) == digits }
  }
}
