import Apus
import ArgumentParser

/// What a network is trained for, and the scenes that it is trained on where these are not images of a data set.
struct SceneOptions: ParsableArguments {
  /// A task by the name that users give it.
  enum Task: String, CaseIterable, Sendable {
    case classify, segment, localize

    /// The settings of a run that says nothing else.
    var usual: TrainingSettings {
      switch self {
      case .classify: .defaults
      case .segment:
        TrainingSettings(epochs: 20, batchSize: 16, learningRate: 0.015, optimizer: "adamw", shift: 0, keeping: .last)
      case .localize:
        TrainingSettings(epochs: 20, batchSize: 32, learningRate: 0.004, optimizer: "adamw", shift: 0, keeping: .last)
      }
    }

    /// The scenes of such a run; `nil` where it has none.
    var scenes: SceneSettings? {
      switch self {
      case .classify: nil
      case .segment: SceneSettings()
      case .localize: .forBoxes
      }
    }
  }

  /// What `--data` may be for scenes, beside the images to compose them of.
  static let builtIn = "scenes"

  @Option(
    help: """
      What to train for: classify (a class per image), segment (a class per pixel) or localize (a class and a box). The last two are \
      trained on scenes composed of the images of --data, which is scenes (of the built-in digits), digits or mnist:FOLDER. (default: \
      classify)
      """, transform: OptionValue.task)
  var task: Task = .classify

  @Option(
    parsing: .unconditional,
    help: """
      Training scenes per epoch, of a task with scenes. (default: \(Task.segment.scenes!.count) to segment, \
      \(Task.localize.scenes!.count) to localize)
      """, transform: OptionValue.whole(1...10_000_000))
  var scenes: Int?

  @Option(
    parsing: .unconditional,
    help: """
      Height and width of scenes, in pixels. (default: \(Task.segment.scenes!.height) to segment, \(Task.localize.scenes!.height) to \
      localize)
      """, transform: OptionValue.whole(1...1024))
  var size: Int?

  /// The options given, for a run that keeps its settings.
  var given: [(String, Any?)] {
    [("--task", task == .classify ? nil : task), ("--scenes", scenes), ("--size", size)]
  }

  func validate() throws {
    if task != .classify { return }
    if let (name, _) = given.first(where: { $0.1 != nil }) {
      throw ValidationError("\(name) requires --task segment or --task localize")
    }
  }

  /// The images of a text of `--data`.
  func source(_ data: String) throws -> DataSource {
    if data != SceneOptions.builtIn { return try DataSource(data) }
    if task == .classify {
      throw ValidationError("--data \(data) requires --task segment or --task localize")
    }
    return try DataSource("digits")
  }

  func complete(_ request: inout TrainingRun.Request) {
    request.scenes = task.scenes.map { SceneOptions.settings($0, count: scenes, size: size) }
    request.localizes = task == .localize
  }

  /// Scenes with what is given in place of what is usual.
  static func settings(_ usual: SceneSettings, count: Int?, size: Int?) -> SceneSettings {
    SceneSettings(count: count ?? usual.count, height: size ?? usual.height, width: size ?? usual.width)
  }
}
