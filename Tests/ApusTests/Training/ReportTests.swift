import Apus
import ApusVision
import Foundation
import Testing

@Suite struct ReportTests {
  private static func page(
    dataSource: String = "digits", pictures: PictureFormat = .bmp, change: (inout [EpochMetrics]) -> Void = { _ in }
  ) throws -> String {
    var settings = shortSettings(epochs: 1)
    settings.batchSize = 256
    let trainer = try lenetTrainer(settings)
    try trainer.train()
    let test = trainer.evaluation(of: trainer.data.test)
    let counted = try #require(test.metrics as? ClassificationMetrics)
    var record = try RunRecord(
      TrainingRun.Request(
        network: "lenet5", data: try DataSource(dataSource), settings: settings, commandLine: ["apus", "<script>"]))
    record.data = RunRecord.Data(try DataSource(dataSource), digits)
    record.result = RunRecord.Result(trainer.state, test.scores)
    var rows = trainer.rows
    change(&rows)
    let details = try ReportDetails(counted, data: digits, pictures: pictures)
    return try Report(record, rows: rows, model: trainer.model, pictures: pictures, details).html()
  }

  @Test(arguments: ["bmp", "png"]) func needsNothingElse(format: String) throws {
    let page = try Self.page(pictures: format == "png" ? .png : .bmp)
    for name in ["http:", "https:", "//cdn", "@import", "<link", "url("] { #expect(!page.contains(name), "\(name)") }
    let sources = page.components(separatedBy: "src=\"").dropFirst()
    #expect(!sources.isEmpty && sources.allSatisfy { $0.hasPrefix("data:image/\(format);base64,") })
  }

  @Test func escapesWhatComesFromOutside() throws {
    let page = try Self.page(dataSource: "mnist:/a<b>&\"c'")
    #expect(page.contains("mnist:/a&lt;b&gt;&amp;&quot;c&#39;"))
    #expect(!page.contains("/a<b>"))
    #expect(page.contains("apus &lt;script&gt;") && !page.contains("<script"))
  }

  @Test func closesEveryElement() throws {
    let page = try Self.page()
    for tag in [
      "html", "head", "style", "body", "main", "header", "section", "div", "table", "tr", "td", "th", "svg",
      "figure", "dl", "dt", "dd",
    ] {
      let opened = page.components(separatedBy: "<\(tag)>").count + page.components(separatedBy: "<\(tag) ").count - 2
      #expect(opened == page.components(separatedBy: "</\(tag)>").count - 1 && opened > 0, "\(tag)")
    }
  }

  @Test func countsEveryTestImageInTheMatrix() {
    let html = ReportMatrix(counts: [[3, 1], [0, 4]], classNames: ["cat", "dog"]).html
    #expect(html.contains("cat taken for dog: 1 of 4 (25.0\u{202F}%)"))
    #expect(html.contains("75.0\u{202F}%") && html.contains("80.0\u{202F}%"))
  }

  @Test func marksWhatIsNoNumber() throws {
    let page = try Self.page { rows in
      rows[0].train = Scores(loss: .nan, metrics: ["accuracy": .infinity])
      rows[0].validation.metrics["accuracy"] = .nan
    }
    let charts = page.matches(of: /(?s)<svg class="figure".*?<\/svg>\s*<\/svg>/).map { String($0.output) }
    #expect(charts.count == 2 && charts.allSatisfy { XMLElements($0).problem == nil })
    let marks = charts.map { chart in
      ["gap", "infinite"].map { XMLElements(chart).numbers("points", of: $0).count }
    }
    #expect(marks == [[1, 0], [1, 1]])
    #expect(charts.allSatisfy { !$0.contains("nan\"") && !$0.contains("inf\"") })
  }

  @Test func drawsOneEpoch() throws {
    let chart = try #require(try Self.page().firstMatch(of: /(?s)<svg class="figure".*?<\/svg>\s*<\/svg>/)).output
    let parsed = XMLElements(String(chart))
    #expect(parsed.problem == nil && parsed.elements.filter { $0.name == "circle" }.count >= 3)
    #expect(!chart.contains("nan\"") && !chart.contains("inf\""))
  }

  @Test(arguments: [(0.02, 1.8), (97.3, 99.34), (0, 0), (0.5, 0.5), (1e-7, 3e-7), (5, 1234)])
  func ticksEncloseTheValues(low: Double, high: Double) {
    let ticks = AxisTicks.linear(from: low, to: high, within: 0...Double.greatestFiniteMagnitude)
    #expect(ticks.first! <= low && ticks.last! >= high && (2...9).contains(ticks.count))
    guard low > 0 && high > low else { return }
    let logarithmic = AxisTicks.logarithmic(from: low, to: high)
    #expect(logarithmic.first! <= low * 1.001 && logarithmic.last! >= high * 0.999 && logarithmic.count >= 2)
  }

  /// A bitmap is always in color; at 7 pixels its rows are padded, at 8 they are not.
  @Test(arguments: [1, 3], [7, 8]) func writesBitmapsThatAReaderReads(channels: Int, width: Int) throws {
    let pixels = Random.bits(seed: 1, stream: 2, count: width * 5 * channels).map { UInt8(truncatingIfNeeded: $0) }
    let file = try PictureFormat.bmp.encode(
      Picture(width: width, height: 5, channels: channels, pixels: pixels))
    let image = Image(height: 5, width: width, channels: channels, pixels: pixels)
    #expect(try Image.decode(file, file: "memory") == image.rgb())
  }

  @Test func anErrorOfThePictureFormatEndsThePage() {
    let refusing = PictureFormat(fileExtension: "x", mediaType: "image/x") { _ in
      throw DataError("picture", found: "no format", expected: "one")
    }
    expectError("no format") { _ = try Self.page(pictures: refusing) }
  }

  @Test func encodesBase64() {
    for text in ["", "f", "fo", "foo", "foob"] {
      #expect(Base64.text(Array(text.utf8)) == Data(text.utf8).base64EncodedString())
    }
  }

  @Test func neverRoundsAPartToAllOrNothing() {
    for (part, text) in [
      (0.98765, "98.8 %"), (1, "100.0 %"), (0, "0.0 %"), (0.9996, "99.96 %"), (0.99951, "99.95 %"), (0.9994, "99.9 %"),
      (0.0004, "0.04 %"), (0.0006, "0.1 %"), (1 - 1e-12, "99.999999 %"), (1e-12, "0.000001 %"), (0.5, "50.0 %"),
      (.nan, "nan %"),
    ] { #expect(part.percent(decimals: 1) == text, "\(part)") }
    #expect(
      0.99996.percent(decimals: 2, most: 3) == "99.996 %" && 0.9999999.percent(decimals: 2, most: 3) == "99.999 %")
    #expect(0.000001.percent(decimals: 2, most: 3, unit: "") == "0.001")
  }

  @Test func fitsNumbersAndCountsOne() throws {
    let page = try Self.page()
    #expect(page.contains("<p>1 epoch, seed 1.") && !page.contains("1 epochs"))
    // The size of a tile's number follows from its characters.
    let tiles = page.matches(of: /<b style="--n:([0-9]+)">([^<]+)<\/b>/)
    #expect(tiles.count == 6 && tiles.allSatisfy { $0.1 == "\($0.2.count)" })
    for (value, decimals, text) in [
      (0.25, 2, "0.25"), (2e23, 0, "2e+23"), (1_000_000, 0, "1000000"), (50_000_000, 0, "5e+7"), (3e-7, 7, "3e-07"),
    ] { #expect(AxisTicks.text(value, decimals: decimals) == text) }
  }

  /// Of an image folder a mistake is told by its file.
  @Test func namesTheFilesOfMistakes() throws {
    let temporary = try TemporaryFolder()
    // The same pictures in both classes: half of the test images are wrong whatever is learned.
    let folder = try pictureFolder(temporary, "same", ["a": Array(0..<15), "b": Array(0..<15)], size: 28)
    var request = TrainingRun.Request(
      network: "lenet5", data: try DataSource("folder:" + folder), settings: shortSettings(epochs: 1))
    request.imageFolder = ImageFolder.Options(input: [28, 28, 1])
    let run = RunFiles(temporary.path + "/run")
    _ = try TrainingRun.start(request, in: run.folder, reader: Image.reader, observer: SilentObserver())
    let page = String(decoding: try File.contents(of: run.report), as: UTF8.self)
    let data = try DataSource("folder:" + folder).load(folder: request.imageFolder, reader: Image.reader)
    let names = Set(data.files.filter { $0.part == .test }.map(\.path))
    let shown = page.matches(of: /sure\n([^<]+)<\/figcaption>/).map { String($0.1) }
    #expect(!shown.isEmpty && Set(shown).isSubset(of: names), "\(shown)")
    // The label in the caption is the folder of the file beside it.
    for figure in page.matches(of: /<figcaption>is ([ab]), .*\n.*\n([ab])\/[0-9]+\.png<\/figcaption>/) {
      #expect(figure.1 == figure.2)
    }
  }

  @Test func writesNumbers() {
    #expect(0.98765.formatted(decimals: 2) == "0.99")
    #expect(99.05.formatted(decimals: 0) == "99")
    #expect((-0.001).formatted(decimals: 2) == "0.00")
    #expect((-1.5).formatted(decimals: 1) == "-1.5")
    #expect(12.0.formatted(decimals: 3) == "12.000")
    #expect(1_234_567.grouped == "1,234,567" && 999.grouped == "999" && (-1000).grouped == "-1,000")
  }
}
