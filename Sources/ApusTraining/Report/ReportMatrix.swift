import ApusFigures

/// The confusion matrix as a table: counts, colored by their part of the row, with recall and precision a class.
package struct ReportMatrix {
  /// Row: the true class; column: the predicted one.
  let counts: [[Int]]
  let classNames: [String]

  package init(counts: [[Int]], classNames: [String]) {
    self.counts = counts
    self.classNames = classNames
  }

  package var html: String {
    let classes = counts.count
    let rowSums = counts.map { $0.reduce(0, +) }
    let columnSums = (0..<classes).map { column in counts.reduce(0) { $0 + $1[column] } }
    let largestError = largestErrorShare(rowSums)

    var html = #"<div class="scroll"><table class="matrix"><thead><tr><th></th>"#
    html += #"<th colspan="\#(classes)" class="axis">predicted</th><th></th></tr><tr><th class="axis">true</th>"#
    for name in classNames { html += #"<th scope="col">\#(Markup.escaped(name))</th>"# }
    html += "<th scope=\"col\">recall</th></tr></thead>\n<tbody>\n"
    for row in 0..<classes {
      html += #"<tr><th scope="row">\#(Markup.escaped(classNames[row]))</th>"#
      for column in 0..<classes {
        html += cell(row, column, of: rowSums[row], largestError)
      }
      html += #"<td class="rate">\#(ReportMatrix.rate(counts[row][row], of: rowSums[row]))</td></tr>\#n"#
    }
    html += "</tbody>\n<tfoot><tr><th scope=\"row\">precision</th>"
    for column in 0..<classes {
      html += #"<td class="rate">\#(ReportMatrix.rate(counts[column][column], of: columnSums[column]))</td>"#
    }
    html += "<td class=\"rate\"></td></tr></tfoot></table></div>\n"
    html += """
      <p class="legend"><span><i class="scale right"></i>right: 0 to 100\u{202F}% of the row</span>\
      <span><i class="scale wrong"></i>wrong: 0 to \(Markup.percent(largestError)) of the row</span></p>
      """
    return html
  }

  /// The largest part of a row that was taken for one other class; never 0, as it scales colors.
  private func largestErrorShare(_ rowSums: [Int]) -> Double {
    var largest = 0.0
    for (row, sum) in zip(counts.indices, rowSums) where sum > 0 {
      for column in counts.indices where column != row {
        largest = max(largest, Double(counts[row][column]) / Double(sum))
      }
    }
    return max(largest, 0.001)
  }

  private func cell(_ row: Int, _ column: Int, of sum: Int, _ largestError: Double) -> String {
    let count = counts[row][column]
    if count == 0 { return row == column ? #"<td class="right">0</td>"# : "<td></td>" }
    let share = Double(count) / Double(sum)
    let strength = row == column ? share : share / largestError
    let title = """
      \(classNames[row]) taken for \(classNames[column]): \(count.grouped) of \(sum.grouped) (\(Markup.percent(share)))
      """
    let kind = row == column ? "right" : "wrong"
    return """
      <td class="\(kind)\(strength > 0.55 ? " strong" : "")" style="--v:\((100 * strength).formatted(decimals: 0))%" \
      title="\(Markup.escaped(title))">\(count)</td>
      """
  }

  private static func rate(_ count: Int, of sum: Int) -> String {
    sum == 0 ? "–" : Markup.percent(Double(count) / Double(sum))
  }
}
