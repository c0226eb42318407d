import ApusCore
import ApusData
import ApusNetworks

/// The page about a finished run, `report.html`: one file that needs nothing else.
package struct Report {
  private let record: RunRecord
  private let result: RunRecord.Result
  private let rows: [EpochMetrics]
  private let test: Evaluation
  private let split: DataSplit
  /// Names of the test images' files, where they have some.
  private let testFiles: [String]
  private let firstFilters: (path: String, weights: Tensor)?

  /// Pictures of wrongly classified images at most.
  private static let mistakesShown = 24

  /// - Parameter trainer: with the model that is kept loaded.
  package init(_ record: RunRecord, _ trainer: Trainer, _ test: Evaluation) {
    guard let result = record.result else { fatalError("a report of a run without a result") }
    self.record = record
    self.result = result
    self.test = test
    rows = trainer.state.rows
    split = trainer.data.test
    testFiles = trainer.data.files.filter { $0.part == .test }.map(\.path)
    firstFilters = trainer.model.parameters.first { $0.parameter.shape.count == 4 }.map {
      ($0.path, $0.parameter.value)
    }
  }

  package var html: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(HTML.escaped(title)): \(HTML.percent(result.testAccuracy))</title>
    <style>
    \(ReportStyle.css)
    </style>
    </head>
    <body>
    <main>
    \(header)
    \(curves)
    \(matrix)
    \(filters)
    \(mistakes)
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

  private var header: String {
    let wrong = test.mistakes.count
    let tiles: [(String, String)] = [
      (HTML.percent(result.testAccuracy, decimals: 2), "test accuracy"),
      ("\(wrong.grouped)", "of \(HTML.counted(test.labels.count, "test image")) wrong"),
      (result.testLoss.compact(decimals: 4, width: 10), "test loss"),
      (Int(result.imagesPerSecond).grouped, "images per second in training"),
      (result.trainingSeconds.formatted(decimals: 1) + "\u{202F}s", "of training"),
      ((record.network?.parameters ?? 0).grouped, "parameters"),
    ]
    let cells = tiles.enumerated().map { index, tile in
      // The style sheet fits a number into its tile by its characters.
      #"<div\#(index == 0 ? #" class="main""# : "")><b style="--n:\#(tile.0.count)">\#(tile.0)</b><span>\#(tile.1)</span></div>"#
    }
    return """
      <header>
      <h1>\(HTML.escaped(title))</h1>
      <p>\(HTML.counted(rows.count, "epoch")), seed \(record.settings.seed). The model kept is that of epoch \
      \(result.keptEpoch), chosen on \(HTML.counted(record.data?.validationSamples ?? 0, "validation image")).</p>
      \(result.didNotLearn.map { "<p><b>The run did not learn:</b> \(HTML.escaped($0)).</p>" } ?? "")
      </header>
      <div class="tiles">
      \(cells.joined(separator: "\n"))
      </div>
      """
  }

  private var curves: String {
    let epochs = rows.map(\.epoch)
    let loss = ReportChart(
      title: "loss", unit: "", epochs: epochs,
      series: [
        .init(name: "training", style: "train", values: rows.map(\.trainLoss)),
        .init(name: "validation", style: "validation", values: rows.map(\.validationLoss)),
      ], kept: result.keptEpoch, bounds: 0...Double.greatestFiniteMagnitude, prefersLogarithm: true)
    let accuracy = ReportChart(
      title: "accuracy", unit: "%", epochs: epochs,
      series: [
        .init(name: "training", style: "train", values: rows.map { 100 * $0.trainAccuracy }),
        .init(name: "validation", style: "validation", values: rows.map { 100 * $0.validationAccuracy }),
      ], kept: result.keptEpoch, bounds: 0...100)
    return """
      <section>
      <h2>Learning curves</h2>
      <p class="note">Training loss is the mean over the epoch as it was trained, with augmentation and moving parameters; \
      everything else is measured after the epoch in inference mode, training accuracy on a fixed part of the training images.</p>
      <div class="charts">
      <div><h3>Loss\(loss.isLogarithmic ? " (logarithmic)" : "")</h3><div class="plot">\(loss.svg)</div>\(loss.legend)</div>
      <div><h3>Accuracy</h3><div class="plot">\(accuracy.svg)</div>\(accuracy.legend)</div>
      </div>
      <details><summary>The numbers</summary>\(table)</details>
      </section>
      """
  }

  private var table: String {
    let body = rows.map { row in
      let cells = [
        "\(row.epoch)", row.trainLoss.compact(decimals: 4, width: 10), HTML.percent(row.trainAccuracy, decimals: 2),
        row.validationLoss.compact(decimals: 4, width: 10), HTML.percent(row.validationAccuracy, decimals: 2),
        row.seconds.formatted(decimals: 2),
      ]
      let kept = row.epoch == result.keptEpoch ? #" class="kept""# : ""
      return "<tr\(kept)>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
    }
    let names = ["epoch", "training loss", "training accuracy", "validation loss", "validation accuracy", "seconds"]
    return """
      <div class="scroll"><table class="values"><thead><tr>\(names.map { "<th>\($0)</th>" }.joined())</tr></thead>
      <tbody>\(body.joined(separator: "\n"))</tbody></table></div>
      """
  }

  private var matrix: String {
    let classNames = record.data?.classNames ?? []
    return """
      <section>
      <h2>Confusion matrix</h2>
      <p class="note">Test images by true and predicted class. Blue cells are right and orange ones wrong, stronger where they are a \
      larger part of their row.</p>
      \(ReportMatrix(counts: test.confusion(classes: classNames.count), classNames: classNames).html)
      </section>
      """
  }

  private var filters: String {
    guard let (path, weights) = firstFilters else { return "" }
    let shape = weights.shape
    let pictures = ReportImages.filters(weights).enumerated().map { index, source in
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

  /// A test image's file, or its place.
  private func name(_ index: Int) -> String {
    testFiles.count == split.count ? testFiles[index] : "test image \(index)"
  }

  private var mistakes: String {
    let classNames = record.data?.classNames ?? []
    let all = test.mistakes
    let figures = all.prefix(Report.mistakesShown).map { index in
      let (label, prediction) = (classNames[test.labels[index]], classNames[test.predictions[index]])
      return """
        <figure><img src="\(ReportImages.picture(split.image(at: index)))" alt="\(HTML.escaped(name(index)))">
        <figcaption>is <b>\(HTML.escaped(label))</b>, taken for <em>\(HTML.escaped(prediction))</em><br>\
        \(HTML.percent(Double(test.probabilities[index]))) sure<br>\(HTML.escaped(name(index)))</figcaption></figure>
        """
    }
    let note =
      switch all.count {
      case 0: "None: every test image is classified rightly."
      case ...Report.mistakesShown:
        "All wrongly classified test images, those first about which the model is most sure."
      default:
        "The \(figures.count) of \(all.count.grouped) wrongly classified test images about which the model is most sure."
      }
    return """
      <section>
      <h2>Most confident mistakes</h2>
      <p class="note">\(note)</p>
      <div class="mistakes">
      \(figures.joined(separator: "\n"))
      </div>
      </section>
      """
  }
}
