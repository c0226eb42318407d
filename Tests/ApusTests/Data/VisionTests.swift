import Apus
import ApusVision
import Foundation
import Testing

/// A picture of Tests/Fixtures/images, made by make-images.py: 12×9, red = 20 x, green = 28 y, blue = 10 (x + y); gray = 10 x + 15 y.
private func picture(_ name: String) -> String { repositoryFile("Tests/Fixtures/images/" + name) }

private let positions = (0..<9).flatMap { y in (0..<12).map { x in (x: x, y: y) } }
private let gray = positions.map { UInt8(10 * $0.x + 15 * $0.y) }
private let rgb = positions.flatMap { [20 * $0.x, 28 * $0.y, 10 * ($0.x + $0.y)].map { UInt8($0) } }

/// The most memory that this process has had, in bytes.
private func peakMemory() -> Int {
  var usage = rusage()
  #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss
  #else
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss << 10
  #endif
}

@Suite struct VisionTests {
  @Test(arguments: ["gray.png", "gray.pgm"]) func readsGray(name: String) throws {
    #expect(try Image(contentsOf: picture(name)) == Image(height: 9, width: 12, channels: 1, pixels: gray))
  }

  @Test(arguments: ["rgb.png", "palette.png", "rgb.ppm"]) func readsColor(name: String) throws {
    #expect(try Image(contentsOf: picture(name)) == Image(height: 9, width: 12, channels: 3, pixels: rgb))
  }

  @Test func dropsAlphaOrLaysTheImageOverAColor() throws {
    #expect(try Image(contentsOf: picture("alpha.png")).pixels == rgb)
    for (alpha, background) in [(ImageReading.Alpha.white, UInt8(255)), (.black, 0)] {
      let image = try Image(contentsOf: picture("alpha.png"), reading: ImageReading(alpha: alpha))
      for (index, value) in image.pixels.enumerated() {
        #expect(value == (index / 3 % 12 < 6 ? rgb[index] : background))
      }
    }
  }

  @Test(arguments: [1, 3], [(1, 1), (5, 7), (64, 48)]) func readsThePNGFilesThatItWrites(
    channels: Int, size: (Int, Int)
  ) throws {
    let count = size.0 * size.1 * channels
    let pixels = Random.bits(seed: 1, stream: 2, count: count).map { UInt8(truncatingIfNeeded: $0) }
    let image = Image(height: size.0, width: size.1, channels: channels, pixels: pixels)
    let file = try image.pngData()
    // Bit depth and color type of the header.
    #expect(file[24] == 8 && file[25] == (channels == 1 ? 0 : 2))
    #expect(try Image.decode(file, file: "memory") == image)
    #expect(try Image.decode(file, reading: .before, file: "memory") == image)
    #expect(
      try PictureFormat.png.encode(Picture(width: size.1, height: size.0, channels: channels, pixels: pixels)) == file)
  }

  @Test func writesNoPNGFileThatNoneReads() throws {
    let side = 1_000_000
    let row = Image(height: 1, width: side, channels: 1, pixels: [UInt8](repeating: 3, count: side))
    #expect(try Image.decode(row.pngData(), file: "memory") == row)
    for (height, width) in [(1, side + 1), (side + 1, 1)] {
      let image = Image(height: height, width: width, channels: 1, pixels: [UInt8](repeating: 3, count: side + 1))
      expectError("\(height)×\(width) pixels", "1,000,000 pixels on a side") { _ = try image.pngData() }
    }
  }

  @Test func readsJPEG() throws {
    let color = try Image(contentsOf: picture("rgb.jpg"))
    #expect(color.channels == 3 && largestDifference(color.pixels, rgb) <= 4)
    let one = try Image(contentsOf: picture("gray.jpg"))
    #expect(one.channels == 1 && largestDifference(one.pixels, gray) <= 2)
  }

  @Test func readsNetpbmVariants() throws {
    func decode(_ header: String, _ samples: [UInt8]) throws -> Image {
      try Image.decode(Array(header.utf8) + samples, file: "x.pgm")
    }
    #expect(try decode("P5\n# a comment\n2 #another\n1\n255\n", [7, 9]).pixels == [7, 9])
    #expect(try decode("P5 2 1 3 ", [3, 1]).pixels == [255, 85])
    #expect(try decode("P5 3 1 7 ", [1, 2, 3]).pixels == [36, 73, 109])
    #expect(try decode("P5 1 1 65535 ", [0x80, 0x80]).pixels == [255])
    #expect(try decode("P6 1 1 65535 ", [0x80, 0x80, 0, 0, 0xFF, 0xFF]).pixels == [128, 0, 255])
    expectError("x.pgm", "3 bytes of samples", "4 for 2×2") { _ = try decode("P5 2 2 255 ", [1, 2, 3]) }
    expectError("x.pgm", "no height") { _ = try decode("P5 2 ", []) }
    expectError("x.pgm", "0 as the largest value") { _ = try decode("P5 2 2 0 ", [1, 2, 3, 4]) }
    expectError("x.pgm", "70000 as the largest value") { _ = try decode("P5 2 2 70000 ", [1, 2, 3, 4]) }
    expectError("x.pgm", "no space") { _ = try decode("P5 1 1 255", []) }
    expectError("x.pgm", "height 0, width 3") { _ = try decode("P5 3 0 255 ", []) }
    expectError("x.pgm", "9999999999×9999999999 pixels") { _ = try decode("P6 9999999999 9999999999 255 ", [1]) }
  }

  /// Compressed texts and color profiles in front of the pixels: 4 MB of them would be 600 in memory.
  @Test func textsOfAPNGTakeNoMemory() async throws {
    let plain = try File.contents(of: picture("rgb.png"))
    let text = zlibLetters(6_000_000)
    let kinds: [(String, [UInt8])] = [
      ("zTXt", Array("a\0\0".utf8)), ("iTXt", Array("a\0\u{1}\0\0\0".utf8)), ("iCCP", Array("a\0\0".utf8)),
    ]
    for (name, start) in kinds {
      let chunk = pngChunk(name, start + text)
      // Behind the signature and IHDR.
      let image = try Image.decode(plain[..<33] + chunk + plain[33...], file: "x.png")
      #expect(try image == Image.decode(plain, file: "x.png"), "\(name)")
    }
    // In a process of its own, whose memory nothing else takes.
    await #expect(processExitsWith: .success) {
      let plain = try File.contents(of: picture("rgb.png"))
      let chunk = pngChunk("zTXt", Array("a\0\0".utf8) + zlibLetters(6_000_000))
      let file = plain[..<33] + (0..<100).flatMap { _ in chunk } + plain[33...]
      let before = peakMemory()
      #expect(try Image.decode(Array(file), file: "x.png").pixels.count > 0)
      let taken = peakMemory() - before
      if taken > 60 << 20 { fatalError("\(taken >> 20) MB for \(file.count >> 10) KB") }
    }
  }

  /// 12 bytes of header, a row of two pixels of which the two bytes that fill it up lack, in the last one.
  @Test func readsTheSmallestBMP() throws {
    let header: [UInt8] = [26, 0, 0, 0, 12, 0, 0, 0, 2, 0, 2, 0, 1, 0, 24, 0]
    let rows: [UInt8] = [1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12]
    let start = Array("BM".utf8) + [40, 0, 0, 0, 0, 0, 0, 0]
    let image = try Image.decode(start + header + rows, file: "x.bmp")
    #expect(image.pixels == [9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4])
    expectError("x.bmp", "13 bytes of rows") { _ = try Image.decode(start + header + rows.dropLast(), file: "x.bmp") }
  }

  /// Cameras fill files up; all rows are there.
  @Test func aJPEGNeedsNoEndMarker() throws {
    let bytes = try File.contents(of: repositoryFile("Tests/Fixtures/image-forms/q95.jpg"))
    let whole = try Image.decode(bytes, file: "x.jpg")
    #expect(bytes.suffix(2) == [0xFF, 0xD9])
    let filled = try Image.decode(bytes.dropLast(2) + [UInt8](repeating: 0, count: 64), file: "x.jpg")
    #expect(filled.pixels == whole.pixels)
  }

  @Test func refusesWhatIsNoImage() throws {
    let folder = try TemporaryFolder()
    expectError("no.png", "not an image: it starts with 'no image'", "PNG, JPEG, WebP, BMP, GIF, PGM or PPM") {
      _ = try Image(contentsOf: folder.file("no.png", Array("no image".utf8)))
    }
    expectError("empty.png", "empty") { _ = try Image(contentsOf: folder.file("empty.png", [])) }
    expectError("a.pgm", "50 32 0a 31") { _ = try Image(contentsOf: folder.file("a.pgm", Array("P2\n1 1 1 1".utf8))) }
    expectError("none.png", "No such file") { _ = try Image(contentsOf: folder.path + "/none.png") }
    expectError(folder.path, "Is a directory") { _ = try Image(contentsOf: folder.path) }
  }

  @Test(arguments: ["rgb.png", "palette.png", "rgb.jpg", "gray.jpg", "rgb.ppm", "gray.pgm"])
  func everyTruncationIsAnError(name: String) throws {
    let bytes = try File.contents(of: picture(name))
    // The chunk IEND and the marker EOI at the end hold no pixels; without all of them libpng still has the whole image.
    let needed = name.hasSuffix(".png") ? bytes.count - 16 : bytes.count
    for count in 0..<needed {
      expectError(name) { _ = try Image.decode(Array(bytes.prefix(count)), file: name) }
    }
  }

  @Test func scalesAsPillowDoes() throws {
    let image = try Image(contentsOf: picture("rgb.png"))
    for (name, height, width) in [("rgb-5x4.ppm", 4, 5), ("rgb-31x20.ppm", 20, 31)] {
      let scaled = image.resized(height: height, width: width)
      let expected = try Image(contentsOf: picture(name))
      #expect(
        scaled.height == height && scaled.width == width && largestDifference(scaled.pixels, expected.pixels) <= 1)
    }
    #expect(try image.grayscale() == Image(contentsOf: picture("luma.pgm")))
    #expect(image.resized(height: 9, width: 12) == image)
    #expect(image.inverted().inverted() == image && image.inverted().pixels[0] == 255)
  }

  @Test func constantImagesStayConstant() {
    let image = Image(height: 7, width: 5, channels: 1, pixels: Array(repeating: 93, count: 35))
    for (height, width) in [(1, 1), (3, 11), (28, 28), (6, 4)] {
      #expect(image.resized(height: height, width: width).pixels.allSatisfy { $0 == 93 })
    }
  }

  @Test func preparesForANetwork() throws {
    let white = Image(height: 8, width: 8, channels: 3, pixels: Array(repeating: 255, count: 192))
    let gray = try white.prepared(for: [32, 32, 1], file: "x")
    #expect(gray.shape == [1, 32, 32, 1] && gray.scalarType == .uint8)
    #expect(gray.array(of: UInt8.self).allSatisfy { $0 == 255 })
    #expect(try white.prepared(for: [4, 4, 1], inverted: true, file: "x").array(of: UInt8.self).allSatisfy { $0 == 0 })
    #expect(try white.grayscale().prepared(for: [4, 4, 3], file: "x").shape == [1, 4, 4, 3])
    expectError("x.png", "9×12 pixels", "32×32") {
      _ = try Image(contentsOf: picture("rgb.png")).prepared(for: [32, 32, 1], file: "x.png")
    }
  }
}
