/// The command's words for what the library's errors call by its own: they quote the names of its parameters, as `data`.
enum LibraryWords {
  private static let options = [
    "resume": "--resume", "classes": "--classes", "crop": "--crop", "damaged: .skip": "--damaged skip",
    "data": "--data", "imageFolder": "--input, --crop, --alpha, --orientation or --damaged", "input": "--input",
  ]

  /// An error's text with the options in place of the parameters.
  static func translated(_ text: String) -> String {
    options.reduce(text) { $0.replacing("`\($1.key)`", with: $1.value) }
  }
}
