import ApusCore
import ApusFigures
import ApusNetworks
import ApusSupport

/// What the page about a run has beside what all of them have.
package struct ReportDetails {
  /// What the data's samples are: `image`.
  var samples: String
  /// Numbers with their names, beside the first.
  var tiles: [(value: String, name: String)] = []
  /// Sections between the learning curves and the first layer's filters.
  var beforeFilters = Page("")
  /// Sections behind them.
  var afterFilters = Page("")
}

/// The page about a finished run, `report.html`: one file that needs nothing else.
package struct Report {
  private let record: RunRecord
  private let result: RunRecord.Result
  private let metrics: [Metric]
  private let rows: [EpochMetrics]
  private let observations: ObservationLog
  private let details: ReportDetails
  private let pictures: PictureFormat
  private let firstFilters: (path: String, weights: Tensor)?

  /// - Parameter model: with the values that are kept.
  package init(
    _ record: RunRecord, rows: [EpochMetrics], observations: ObservationLog = ObservationLog(), model: any Layer,
    pictures: PictureFormat, _ details: ReportDetails
  ) {
    guard let result = record.result else { fatalError("a report of a run without a result") }
    self.record = record
    self.result = result
    self.rows = rows
    self.observations = observations
    self.details = details
    self.pictures = pictures
    metrics = record.metrics ?? [.accuracy]
    firstFilters = model.parameters.first { $0.parameter.shape.count == 4 }.map { ($0.path, $0.parameter.value) }
  }

  /// - Throws: what the picture format throws.
  package func html() throws -> String {
    var page = Page(title, subject: "\(title): \(mainNumber(decimals: 1))", summary: summary)
    page.add(style: ReportStyle.css)
    if let problem = result.didNotLearn {
      page.add(html: "<p><b>The run did not learn:</b> \(Markup.escaped(problem)).</p>")
    }
    page.add(tiles: tiles)
    addCurves(to: &page)
    page.add(contentsOf: details.beforeFilters)
    try addFilters(to: &page)
    ReportObservations.add(observations, to: &page)
    page.add(contentsOf: details.afterFilters)
    page.add(section: "How it was made")
    page.add(html: ReportSettings(record).html)
    page.add(footer: "Written by apus \(record.machines.last?.version ?? "") on \(record.updated).")
    return page.html
  }

  private var title: String {
    "\(NetworkCatalogue.title(of: record.networkName)) on \(record.data?.name ?? record.dataSource)"
  }

  /// What the title ends with: the first metric on the test samples, or the loss where there is none.
  private func mainNumber(decimals: Int) -> String {
    metrics.first.map { text(result.test[$0.name], $0, decimals) } ?? loss(result.test.loss)
  }

  private func text(_ value: Double, _ metric: Metric, _ decimals: Int) -> String {
    metric.isFraction ? Markup.percent(value, decimals: decimals) : loss(value)
  }

  private func loss(_ value: Double) -> String { value.compact(decimals: 4, width: 10) }

  private var summary: String {
    let chosen =
      record.settings.keeping == .last
      ? ", the last"
      : ", chosen on \(Markup.counted(record.data?.validationSamples ?? 0, "validation \(details.samples)"))"
    return """
      \(Markup.counted(rows.count, "epoch")), seed \(record.settings.seed). The model kept is that of epoch \
      \(result.keptEpoch)\(chosen).
      """
  }

  private var tiles: [(value: String, name: String)] {
    var tiles: [(value: String, name: String)] = metrics.map {
      (text(result.test[$0.name], $0, 2), "test \($0.title)")
    }
    tiles.insert(contentsOf: details.tiles, at: min(1, tiles.count))
    return tiles + [
      (loss(result.test.loss), "test loss"),
      (Int(result.imagesPerSecond).grouped, "\(details.samples)s per second in training"),
      (result.trainingSeconds.formatted(decimals: 1) + "\u{202F}s", "of training"),
      ((record.network?.parameters ?? 0).grouped, "parameters"),
    ]
  }

  private func addCurves(to page: inout Page) {
    page.add(
      section: "Learning curves",
      note: """
        The training loss while the network learns is the mean over the epoch as it was trained, with augmentation and moving \
        parameters. Everything else is measured after the epoch in inference mode, on a fixed part of the training \
        \(details.samples)s and on the validation \(details.samples)s, and can be compared.
        """)
    page.add([lossCurves] + metrics.map(curves))
    page.add(html: "<details><summary>The numbers</summary>\(table)</details>")
  }

  /// The validation's lines have the second color everywhere.
  private var lossCurves: Figure {
    let epochs = rows.map { Double($0.epoch) }
    let values = rows.flatMap { [$0.trainLoss, $0.train.loss, $0.validation.loss] }.filter(\.isFinite)
    // Where the loss falls far, its end would not be seen.
    let fallsFar = (values.min() ?? 0) > 0 && values.max()! > 20 * values.min()!
    var axis: Figure.Axis = fallsFar ? .logarithmic("loss") : "loss"
    axis.bounds = 0...Double.greatestFiniteMagnitude
    return Figure(
      "Loss",
      .lines(
        [
          .init("training", x: epochs, y: rows.map(\.train.loss)),
          .init("validation", x: epochs, y: rows.map(\.validation.loss)),
          .init("training, while it learns", x: epochs, y: rows.map(\.trainLoss), isDashed: true),
        ], x: "epoch", y: axis, events: [("model kept", Double(result.keptEpoch))]))
  }

  private func curves(of metric: Metric) -> Figure {
    let scale = metric.isFraction ? 100.0 : 1
    let epochs = rows.map { Double($0.epoch) }
    var axis = Figure.Axis(metric.title, unit: metric.isFraction ? "%" : "")
    if metric.isFraction { axis.bounds = 0...100 }
    return Figure(
      metric.title.prefix(1).uppercased() + metric.title.dropFirst(),
      .lines(
        [
          .init("training", x: epochs, y: rows.map { scale * $0.train[metric.name] }),
          .init("validation", x: epochs, y: rows.map { scale * $0.validation[metric.name] }),
        ], x: "epoch", y: axis, events: [("model kept", Double(result.keptEpoch))]))
  }

  private var table: String {
    let body = rows.map { row in
      let cells =
        ["\(row.epoch)", loss(row.trainLoss), loss(row.train.loss)]
        + metrics.map { text(row.train[$0.name], $0, 2) } + [loss(row.validation.loss)]
        + metrics.map { text(row.validation[$0.name], $0, 2) } + [row.seconds.formatted(decimals: 2)]
      let kept = row.epoch == result.keptEpoch ? #" class="kept""# : ""
      return "<tr\(kept)>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
    }
    let names =
      ["epoch", "loss while it learns", "training loss"] + metrics.map { "training \($0.title)" } + ["validation loss"]
      + metrics.map { "validation \($0.title)" } + ["seconds"]
    return """
      <div class="scroll"><table class="values"><thead><tr>\(names.map { "<th>\($0)</th>" }.joined())</tr></thead>
      <tbody>\(body.joined(separator: "\n"))</tbody></table></div>
      """
  }

  private func addFilters(to page: inout Page) throws {
    guard let (path, weights) = firstFilters else { return }
    let shape = weights.shape
    let meaning =
      shape[2] == 3
      ? "In color, middle gray is 0."
      : "Orange weights are positive, blue ones negative, white ones 0; one scale for all."
    page.add(
      section: "Filters of the first layer",
      note: "\(path): \(Markup.counted(shape[3], "filter")) of \(shape[0])×\(shape[1]). \(meaning)")
    try page.add(pictures: FilterPictures.drawn(weights).map { ($0, "") }, cellWidth: 92, format: pictures)
  }
}
