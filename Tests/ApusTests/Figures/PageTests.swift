import Apus
import Foundation
import Testing

@Suite struct PageTests {
  @Test func aPageIsCompleteAndFetchesNothing() throws {
    let html = try FigureSamples.page.html
    for name in ["http:", "https:", "<script", "@import", "<link", "url("] { #expect(!html.contains(name), "\(name)") }
    for tag in ["html", "head", "style", "body", "main", "header", "section", "div", "table", "svg", "ul", "dl"] {
      let opened = html.components(separatedBy: "<\(tag)>").count + html.components(separatedBy: "<\(tag) ").count - 2
      #expect(opened == html.components(separatedBy: "</\(tag)>").count - 1 && opened > 0, "\(tag)")
    }
  }

  @Test func partsAreInTheSectionBegunLast() {
    var page = Page("title", summary: "what it is about")
    page.add(paragraph: "before")
    page.add(section: "one", note: "a note")
    page.add(paragraph: "first")
    page.add(section: "two")
    page.add(values: [("name", "value")])
    let texts = [
      "<h1>title</h1>", "what it is about", "before", "<h2>one</h2>", "a note", "first", "<h2>two</h2>",
      "<dd>value</dd>",
    ]
    let places = texts.map { text in page.html.range(of: text)?.lowerBound }
    #expect(places.allSatisfy { $0 != nil } && places.compactMap { $0 } == places.compactMap { $0 }.sorted())
    #expect(page.html.components(separatedBy: "<section>").count == 3)
  }

  @Test func columnsOfTextsAreAlignedAtTheLeft() {
    var page = Page("")
    page.add(table: ["name", "share", "size"], rows: [["conv", "12 %", "–"], ["fc", "-0.5", "1e3"]])
    #expect(page.html.contains("<th class=\"text\">name</th><th>share</th><th>size</th>"))
    #expect(page.html.contains("<td class=\"text\">conv</td><td>12 %</td><td>–</td>"))
  }

  @Test func picturesHaveTheirCaptions() throws {
    var page = Page("")
    let picture = Picture(width: 1, height: 1, channels: 1, pixels: [0])
    try page.add(pictures: [(picture, "a\nb"), (picture, "")])
    #expect(page.html.contains("alt=\"a\nb\"><figcaption>a\nb</figcaption>"))
    #expect(page.html.components(separatedBy: "data:image/bmp;base64,").count == 3)
    #expect(page.html.components(separatedBy: "<figcaption>").count == 2)
  }

  @Test func linksLeadToFilesBesideThePage() {
    var page = Page("")
    page.add(links: [("a", "//host/x"), ("b", "pictures/ä b.png"), ("c", "\"><script>")])
    #expect(page.html.contains("href=\".///host/x\"") && page.html.contains("href=\"./pictures/%C3%A4%20b.png\""))
    #expect(!page.html.contains("<script>"))
  }

  @Test func isWrittenAsAWhole() throws {
    let folder = try TemporaryFolder()
    try Page("title").write(to: folder.path + "/page.html")
    #expect(try String(contentsOfFile: folder.path + "/page.html", encoding: .utf8) == Page("title").html)
    expectError("cannot open its folder") { try Page("").write(to: folder.path + "/none/page.html") }
  }
}
