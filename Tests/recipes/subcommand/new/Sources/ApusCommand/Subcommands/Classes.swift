import Apus
import ArgumentParser

/// `apus classes`: what a trained model tells apart.
struct Classes: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List the classes that a trained model tells apart.")

  @Argument(help: "The folder of a run, or its model.safetensors.")
  var model: String

  @OptionGroup var form: JSONOption
  @OptionGroup var threads: ThreadOptions

  func run() throws {
    let names = try ModelSource(model).read().classNames
    if form.json { return Terminal.printLine(try JSONText.of(names)) }
    for (index, name) in names.enumerated() { Terminal.printLine("\(index)  \(name)") }
  }
}
