import ApusCore
import ApusNetworks
import ApusSupport

/// What the page about a run has beside what all of them have.
package struct ReportDetails {
  /// What the data's samples are: `image`.
  var samples: String
  /// Numbers with their names, beside the first.
  var tiles: [(String, String)] = []
  /// Sections between the learning curves and the first layer's filters.
  var beforeFilters = ""
  /// Sections behind them.
  var afterFilters = ""
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
    try """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(HTML.escaped(title)): \(HTML.escaped(mainNumber(decimals: 1)))</title>
    <style>
    \(ReportStyle.css)
    </style>
    </head>
    <body>
    <main>
    \(header)
    \(curves)
    \(details.beforeFilters)
    \(filters())
    \(ReportObservations.section(observations) ?? "")
    \(details.afterFilters)
    \(ReportSettings(record).html)
    <footer>Written by apus \(HTML.escaped(record.machines.last?.version ?? "")) on \(HTML.escaped(record.updated)).</footer>
    </main>
    <script>
    \(ReportStyle.script)
    </script>
    </body>
    </html>

    """
  }

  private var title: String {
    "\(NetworkCatalogue.title(of: record.networkName)) on \(record.data?.name ?? record.dataSource)"
  }

  /// What the title ends with: the first metric on the test samples, or the loss where there is none.
  private func mainNumber(decimals: Int) -> String {
    metrics.first.map { text(result.test[$0.name], $0, decimals) } ?? loss(result.test.loss)
  }

  private func text(_ value: Double, _ metric: Metric, _ decimals: Int) -> String {
    metric.isFraction ? HTML.percent(value, decimals: decimals) : loss(value)
  }

  private func loss(_ value: Double) -> String { value.compact(decimals: 4, width: 10) }

  private var header: String {
    var tiles: [(String, String)] = metrics.map { (text(result.test[$0.name], $0, 2), "test \($0.title)") }
    tiles.insert(contentsOf: details.tiles, at: min(1, tiles.count))
    tiles += [
      (loss(result.test.loss), "test loss"),
      (Int(result.imagesPerSecond).grouped, "\(details.samples)s per second in training"),
      (result.trainingSeconds.formatted(decimals: 1) + "\u{202F}s", "of training"),
      ((record.network?.parameters ?? 0).grouped, "parameters"),
    ]
    let cells = tiles.enumerated().map { index, tile in
      // The style sheet fits a number into its tile by its characters.
      #"<div\#(index == 0 ? #" class="main""# : "")><b style="--n:\#(tile.0.count)">\#(tile.0)</b><span>\#(tile.1)</span></div>"#
    }
    let chosen =
      record.settings.keeping == .last
      ? ", the last"
      : ", chosen on \(HTML.counted(record.data?.validationSamples ?? 0, "validation \(details.samples)"))"
    return """
      <header>
      <h1>\(HTML.escaped(title))</h1>
      <p>\(HTML.counted(rows.count, "epoch")), seed \(record.settings.seed). The model kept is that of epoch \
      \(result.keptEpoch)\(chosen).</p>
      \(result.didNotLearn.map { "<p><b>The run did not learn:</b> \(HTML.escaped($0)).</p>" } ?? "")
      </header>
      <div class="tiles">
      \(cells.joined(separator: "\n"))
      </div>
      """
  }

  private var curves: String {
    let epochs = rows.map(\.epoch)
    /// A metric may be no number, and so may the loss of training samples; a curve of such values cannot be drawn.
    func drawn(_ series: [ReportChart.Series]) -> [ReportChart.Series] {
      series.filter { $0.values.allSatisfy(\.isFinite) }
    }
    let loss = ReportChart(
      title: "loss", unit: "", epochs: epochs,
      series: drawn([
        .init(name: "training, while it learns", style: "learning", values: rows.map(\.trainLoss)),
        .init(name: "training", style: "train", values: rows.map(\.train.loss)),
        .init(name: "validation", style: "validation", values: rows.map(\.validation.loss)),
      ]), kept: result.keptEpoch, bounds: 0...Double.greatestFiniteMagnitude, prefersLogarithm: true)
    let charts = metrics.map { metric in
      let scale = metric.isFraction ? 100.0 : 1
      return ReportChart(
        title: metric.title, unit: metric.isFraction ? "%" : "", epochs: epochs,
        series: drawn([
          .init(name: "training", style: "train", values: rows.map { scale * $0.train[metric.name] }),
          .init(name: "validation", style: "validation", values: rows.map { scale * $0.validation[metric.name] }),
        ]), kept: result.keptEpoch,
        bounds: metric.isFraction ? 0...100 : -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude)
    }
    let plots = ([loss] + charts.filter { !$0.series.isEmpty }).map { chart in
      let title = chart.title.prefix(1).uppercased() + chart.title.dropFirst()
      return "<div><h3>\(HTML.escaped(title))\(chart.isLogarithmic ? " (logarithmic)" : "")</h3>"
        + "<div class=\"plot\">\(chart.svg)</div>\(chart.legend)</div>"
    }
    return """
      <section>
      <h2>Learning curves</h2>
      <p class="note">The training loss while the network learns is the mean over the epoch as it was trained, with augmentation and \
      moving parameters. Everything else is measured after the epoch in inference mode, on a fixed part of the training \
      \(details.samples)s and on the validation \(details.samples)s, and can be compared.</p>
      <div class="charts">
      \(plots.joined(separator: "\n"))
      </div>
      <details><summary>The numbers</summary>\(table)</details>
      </section>
      """
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

  private func filters() throws -> String {
    guard let (path, weights) = firstFilters else { return "" }
    let shape = weights.shape
    let pictures = try ReportImages(format: pictures).filters(weights).enumerated().map { index, source in
      #"<img src="\#(source)" alt="filter \#(index)" title="filter \#(index)">"#
    }
    let meaning =
      shape[2] == 3
      ? "In color, middle gray is 0."
      : "Orange weights are positive, blue ones negative, white ones 0; one scale for all."
    return """
      <section>
      <h2>Filters of the first layer</h2>
      <p class="note">\(HTML.escaped(path)): \(HTML.counted(shape[3], "filter")) of \(shape[0])×\(shape[1]). \(meaning)</p>
      <div class="filters">
      \(pictures.joined(separator: "\n"))
      </div>
      </section>
      """
  }
}
