import Apus

/// The line that is redrawn while a map is made; every ten seconds a line where none can be redrawn.
final class MapProgress {
  private let isShown: Bool
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant
  private var lastLine: ContinuousClock.Instant
  private var divergence: Double?

  /// - Parameter isShown: false: nothing is written.
  init(isShown: Bool) {
    self.isShown = isShown
    begin = clock.now
    lastLine = begin
  }

  func show(_ progress: TSNE.Progress) {
    divergence = progress.divergence ?? divergence
    let (done, all) = (progress.iteration, progress.iterations)
    let interval: Duration = Terminal.isInteractive ? .milliseconds(100) : .seconds(10)
    if !isShown || clock.now - lastLine < interval { return }
    lastLine = clock.now
    let left = (lastLine - begin) / Double(done) * Double(all - done)
    let parts =
      (divergence.map { ["divergence \($0.compact(decimals: 3, width: 8))"] } ?? []) + [
        "\(ProgressLine.duration(left / .seconds(1))) left"
      ]
    let label = "t-SNE, iteration \(done)/\(all)"
    if Terminal.isInteractive {
      let line = ProgressLine.text(
        label: label, fraction: Double(done) / Double(all), parts, width: Terminal.width)
      Terminal.print("\r\u{1B}[2K" + line)
    } else {
      Terminal.printLine(label + ": " + parts.joined(separator: ", "))
    }
  }

  func end() {
    if isShown && Terminal.isInteractive { Terminal.print("\r\u{1B}[2K") }
  }
}
