import Apus
import ApusText
import ApusVision
import Foundation
import Testing

@Suite struct DrawingTests {
  private let fixture: PyTorchFixture
  private let image: Image

  init() throws {
    fixture = try PyTorchFixture("vision")
    image = Image(fixture["drawing/image"])
  }

  private static func blank(_ height: Int, _ width: Int) -> Image {
    Image(height: height, width: width, channels: 1, pixels: [UInt8](repeating: 0, count: height * width))
  }

  @Test(arguments: 1...3) func framesAreTorchvisions(width: Int) {
    var drawn = image
    drawn.draw(Box(left: 4, top: 3, right: 21, bottom: 16), color: .red, lineWidth: width)
    #expect(drawn == Image(fixture["drawing/frame\(width)"]))
  }

  @Test func whatIsOutsideIsLeftOut() {
    for side in [Float.infinity, .nan, 1e30] {
      var drawn = image
      drawn.draw(Box(left: -side, top: -side, right: side, bottom: side), color: .red)
      drawn.draw(Polygon([Point(x: side, y: 1), Point(x: 2, y: side)]), color: .red)
      drawn.fill(Polygon([Point(x: side, y: side), Point(x: side, y: side)]), color: .red)
      #expect(drawn == image)
    }
    var drawn = image
    drawn.draw(Box(left: 28, top: -2, right: 40, bottom: 3), color: .green)
    #expect(
      Array(drawn.pixels[28 * 3..<29 * 3]) == [0, 255, 0] && Array(drawn.pixels[29 * 3..<30 * 3]) != [0, 255, 0])
  }

  @Test func fillsWhatOpenCVFindsInside() {
    let corners = fixture["drawing/polygon"].array(of: Int.self)
    let polygon = Polygon(
      stride(from: 0, to: corners.count, by: 2).map { Point(x: Float(corners[$0]), y: Float(corners[$0 + 1])) })
    var mask = Self.blank(20, 30)
    mask.fill(polygon, color: .white)
    #expect(mask.pixels.map { $0 / 255 } == Image(fixture["drawing/filled"]).pixels)
  }

  @Test func linesCoverWhatLiesInTheirWidth() {
    var thin = Self.blank(5, 9)
    thin.draw(Polygon([Point(x: 1, y: 2), Point(x: 7, y: 2)]), color: .white, isClosed: false)
    let line = (0..<45).map { (index: Int) -> UInt8 in index / 9 == 2 && (1...7).contains(index % 9) ? 255 : 0 }
    #expect(thin.pixels == line)
    // 2.5 wide: half of the next but one row is a quarter of 255.
    var wide = Self.blank(7, 9)
    wide.draw(Polygon([Point(x: 0, y: 3), Point(x: 8, y: 3)]), color: .white, lineWidth: 2.5, isClosed: false)
    let column = (0..<7).map { (y: Int) -> UInt8 in wide.pixels[y * 9 + 4] }
    #expect(column == [0, 0, 191, 255, 191, 0, 0])
    // Closed: the third side is there, and a corner is drawn once.
    var triangle = Self.blank(12, 12)
    triangle.draw(Polygon([Point(x: 1, y: 1), Point(x: 10, y: 1), Point(x: 1, y: 10)]), color: .white)
    #expect(
      triangle.pixels[1 * 12 + 1] == 255 && triangle.pixels[5 * 12 + 1] == 255 && triangle.pixels[7 * 12 + 4] == 255)
    #expect(triangle.pixels[8 * 12 + 8] == 0)
  }

  @Test func colorsOnGrayAreLuma() {
    var gray = Self.blank(1, 1)
    gray.draw(Box(left: 0, top: 0, right: 1, bottom: 1), color: .green)
    #expect(gray.pixels == [150])
  }

  @Test func drawsTextWithTheSystemsFont() throws {
    let font: Font
    do {
      font = try Font.system(size: 20)
    } catch {
      #expect("\(error)".contains("install fonts-dejavu-core"))
      return
    }
    var page = Self.blank(40, 120)
    let place = try page.draw("Hi", at: Point(x: 10, y: 5), font: font, color: .white)
    #expect(place.left == 10 && place.top == 5 && (15...40).contains(place.width) && (20...32).contains(place.height))
    // H is two stems that are covered fully, and a bar between them that is not as high.
    let columns = (0..<120).map { (x: Int) -> Int in (0..<40).filter { page.pixels[$0 * 120 + x] > 200 }.count }
    let stems = columns.filter { $0 >= 12 }.count
    #expect(stems >= 2 && columns.allSatisfy { $0 <= 20 })
    let outside = columns.prefix(10) + columns.suffix(60)
    #expect(outside.allSatisfy { $0 == 0 })
    // Of the same length twice, and cut at the image's sides.
    let wide = try page.draw("HiHi", at: Point(x: 90, y: -8), font: font, color: .white, background: .black)
    #expect(abs(wide.width - 2 * place.width) <= 2 && wide.right > 120)
    let before = page
    try page.draw("Hi", at: Point(x: .nan, y: 0), font: font, color: .white)
    try page.draw("Hi", at: Point(x: 1e30, y: -1e30), font: font, color: .white)
    #expect(page == before)
    #expect(try page.draw("", at: Point(x: 0, y: 0), font: font, color: .white).width == 0)
  }

  @Test func fontsThatAreNoneAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("font.ttf", Array("no font".utf8))
    expectError(path, "no font", "a font that can be drawn with 16 pixels") { _ = try Font(contentsOf: path) }
    expectError("none.ttf", "No such file") { _ = try Font(contentsOf: folder.path + "/none.ttf") }
    guard let system = Font.systemFiles.first(where: { FileManager.default.fileExists(atPath: $0) }) else { return }
    for size in [0, -1, 5000, .max] {
      expectError(system, "a size that the font does not have") { _ = try Font(contentsOf: system, size: size) }
    }
    // No part of a font stops the program.
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: system)))
    for part in 1..<20 {
      try folder.file("font.ttf", Array(bytes.prefix(bytes.count * part / 20)))
      if let font = try? Font(contentsOf: path) {
        var page = Self.blank(20, 60)
        _ = try? page.draw("gäß½", at: Point(x: 0, y: 0), font: font, color: .white)
      }
    }
  }
}
