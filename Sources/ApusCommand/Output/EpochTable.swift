import Apus

/// The table of epochs that a run prints, a line at a time.
///
/// "train loss" is the mean over the epoch as it was trained; what is behind it was measured after the epoch in inference mode.
struct EpochTable {
  private struct Column {
    let title: String
    let width: Int
    let text: (EpochMetrics, _ width: Int) -> String

    init(_ title: String, width: Int, _ text: @escaping (EpochMetrics, _ width: Int) -> String) {
      self.title = title
      self.width = max(width, title.count)
      self.text = text
    }
  }

  private let columns: [Column]

  init(_ metrics: [Metric]) {
    func loss(_ title: String, _ value: @escaping (EpochMetrics) -> Double) -> Column {
      Column(title, width: 8) { row, width in value(row).compact(decimals: 4, width: width) }
    }
    func scores(_ part: String, _ scores: @escaping (EpochMetrics) -> Scores) -> [Column] {
      // The one that decides; more would be too wide for a terminal, and metrics.csv has them all.
      metrics.prefix(1).map { metric in
        Column(part + " " + EpochTable.short(metric), width: 8) { row, width in
          let value = scores(row)[metric.name]
          // Of "99.996 %" five characters are no decimals.
          return metric.isFraction
            ? value.percent(decimals: 2, most: width - 5) : value.compact(decimals: 4, width: width)
        }
      }
    }
    columns =
      [
        Column("epoch", width: 7) { row, _ in "\(row.epoch)" }, loss("train loss") { $0.trainLoss },
        loss("eval loss") { $0.train.loss },
      ] + scores("train") { $0.train } + [loss("val loss") { $0.validation.loss }] + scores("val") { $0.validation }
      + [Column("seconds", width: 7) { row, width in row.seconds.compact(decimals: 2, width: width) }]
  }

  /// The head of the table.
  var head: String { line { $0.title } }

  func row(_ row: EpochMetrics) -> String { line { $0.text(row, $0.width) } }

  private func line(_ cell: (Column) -> String) -> String {
    columns.map { Table.padded(cell($0), to: $0.width) }.joined(separator: "  ")
  }

  private static func short(_ metric: Metric) -> String {
    metric.name.split(separator: "_").map { $0 == "accuracy" ? "acc" : $0 == "iou" ? "IoU" : String($0) }
      .joined(separator: " ")
  }
}
