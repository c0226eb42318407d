import ApusFigures

/// What a run was made with, as lists of names and values.
struct ReportSettings {
  let record: RunRecord

  init(_ record: RunRecord) { self.record = record }

  var html: String {
    """
    <div class="settings">
    \(list("Training", training))
    \(list("Data", data))
    \(list("Machine", machine))
    </div>
    <details open><summary>Command</summary><p><code>\(Markup.escaped(record.commandLine.joined(separator: " ")))</code></p></details>
    """
  }

  private var training: [(String, String)] {
    let settings = record.settings
    let schedule = settings.schedule
    let warmup =
      schedule.warmup > 0 ? ", warm-up over \(Markup.percent(schedule.warmup, decimals: 0)) of the steps" : ""
    return [
      ("network", "\(record.networkName), \((record.network?.parameters ?? 0).grouped) parameters"),
      ("epochs", "\(settings.epochs)"),
      ("batch size", "\(settings.batchSize)"),
      ("learning rate", "\(Float(settings.learningRate))"),
      ("schedule", schedule.decay.description + warmup),
      ("optimizer", "\(settings.optimizer), momentum \(Float(settings.momentum))"),
      ("weight decay", "\(Float(settings.weightDecay)) on \(settings.decaying == .all ? "all parameters" : "weights")"),
      ("loss", settings.lossText),
      ("gradient clipping", settings.clipping.description),
      ("augmentation", ReportSettings.augmentation(record)),
      ("seed", "\(settings.seed)"),
    ] + transfer
  }

  /// What a run was made with that not every run has: other weights, a part of the network, a map of its images, a draw of them.
  private var transfer: [(String, String)] {
    let settings = record.settings
    var entries: [(String, String)] = []
    if let initial = record.initial {
      entries.append(("initial weights", initial.summary(classes: record.data?.classNames.count ?? 0)))
    }
    if let initializer = settings.initializer { entries.append(("initializer", initializer)) }
    if let map = record.imageMap { entries.append(("images normalized by", map.title)) }
    if let draw = record.bootstrap {
      entries.append(("training images", "drawn with replacement, run \(draw.member) of \(draw.members)"))
    }
    if let frozen = record.frozen { entries.append(("frozen", frozen.summary(of: record.network?.parameters ?? 0))) }
    for group in settings.groups { entries.append(("group", group.description)) }
    return entries
  }

  private static func augmentation(_ record: RunRecord) -> String {
    // What a program's own samples do is not known.
    if record.network?.classes == nil { return "the samples' own" }
    let settings = record.settings
    var changes: [String] = []
    if settings.shift > 0 { changes.append("shifts of up to \(settings.shift) pixels") }
    if settings.flips { changes.append("flips") }
    if settings.cutout > 0 { changes.append("cutout of \(settings.cutout) pixels") }
    if settings.jitter > 0 { changes.append("color jitter of \(Float(settings.jitter))") }
    return changes.isEmpty ? "none" : changes.joined(separator: ", ")
  }

  private var data: [(String, String)] {
    guard let data = record.data else { return [] }
    func list(_ values: [Float]) -> String { values.map { Double($0).formatted(decimals: 4) }.joined(separator: ", ") }
    var entries = [
      ("source", data.source),
      ("samples", (record.network?.input ?? []).map(String.init).joined(separator: "×")),
      ("training", data.trainingSamples.grouped),
      ("validation", data.validationSamples.grouped),
      ("test", data.testSamples.grouped),
    ]
    if !data.classNames.isEmpty { entries.append(("classes", "\(data.classNames.count)")) }
    if !data.mean.isEmpty { entries += [("mean", list(data.mean)), ("deviation", list(data.deviation))] }
    return entries
  }

  private var machine: [(String, String)] {
    var entries: [(String, String)] = []
    if let last = record.machines.last {
      entries += [
        ("threads", "\(last.threads)"), ("kernels", last.instructionSet), ("version", last.version),
        ("build", last.build),
      ]
    }
    entries.append(("started", record.started))
    entries.append(("finished", record.updated))
    let resumed = record.machines.dropFirst().map { "step \($0.firstStep.grouped)" }
    if !resumed.isEmpty { entries.append(("resumed at", resumed.joined(separator: ", "))) }
    for (path, name) in (record.implementations ?? [:]).sorted(by: { $0.key < $1.key }) { entries.append((path, name)) }
    return entries
  }

  private func list(_ title: String, _ entries: [(String, String)]) -> String {
    let items = entries.map { "<dt>\(Markup.escaped($0.0))</dt><dd>\(Markup.escaped($0.1))</dd>" }
    return "<div><h3>\(title)</h3><dl>\(items.joined(separator: "\n"))</dl></div>"
  }
}
