import Apus
import ApusVision
import Foundation
import Testing

/// Files as people have them, with the pixels that Pillow makes of them: Tests/Fixtures/make-image-forms.py.
private let folder = repositoryFile("Tests/Fixtures/image-forms")
private let expected = Result {
  Dictionary(uniqueKeysWithValues: try Npz.read(folder + "/pixels.npz", limit: 1 << 24).map { ($0.name, $0.value) })
}

/// Names of files, and "NAME white" or "NAME black".
private let names = ((try? expected.get()) ?? [:]).keys.sorted()

private func read(_ name: String) throws -> Image {
  let parts = name.split(separator: " ")
  let alpha = parts.count == 2 ? try #require(ImageReading.Alpha(rawValue: String(parts[1]))) : .drop
  return try Image(contentsOf: "\(folder)/\(parts[0])", reading: ImageReading(alpha: alpha))
}

@Suite struct ImageFormTests {
  @Test func everyFileHasItsPixels() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0 != "pixels.npz" }
    #expect(files.count > 60 && Set(files) == Set(names.filter { !$0.contains(" ") }))
    #expect(names.count { $0.contains(" ") } > 20)
  }

  /// Bit for bit: the format's library, palettes, depths, transparency, orientation.
  @Test(arguments: names) func equalsPillow(name: String) throws {
    let want = try #require(try expected.get()[name])
    let image = try read(name)
    #expect([image.height, image.width, 3] == Array(want.shape))
    let (pixels, wanted) = (image.rgb().pixels, want.array(of: UInt8.self))
    let differing = zip(pixels, wanted).filter { $0 != $1 }.map { abs(Int($0) - Int($1)) }
    #expect(differing.isEmpty, "\(differing.count) of \(wanted.count) differ, by up to \(differing.max() ?? 0)")
  }

  @Test func leavesTheOrientationWhereItIsAsked() throws {
    let upright = try Image(contentsOf: folder + "/exif1.jpg")
    let stored = try Image(contentsOf: folder + "/exif6.jpg", reading: ImageReading(orientation: .ignore))
    #expect(stored == upright)
    let turned = try Image(contentsOf: folder + "/exif6.jpg")
    #expect((turned.height, turned.width) == (upright.width, upright.height) && turned != upright)
    // The lower left corner becomes the upper left one.
    #expect(Array(turned.pixels[0..<3]) == Array(upright.pixels[(16 * 23 * 3)..<(16 * 23 * 3 + 3)]))
  }

  /// Orientations that are none, and EXIF data that end anywhere: the image stays as it is stored.
  @Test func passesOverDamagedEXIF() throws {
    let bytes = try File.contents(of: folder + "/exif6.jpg")
    let stored = try Image(contentsOf: folder + "/exif1.jpg")
    let start = try #require((0..<bytes.count - 6).first { Array(bytes[$0..<$0 + 6]) == Array("Exif\0\0".utf8) }) + 6
    let value = try #require((start..<bytes.count).first { bytes[$0] == 6 && bytes[$0 + 1] == 0 && $0 > start + 10 })
    for wrong: UInt8 in [0, 9, 255] {
      var damaged = bytes
      damaged[value] = wrong
      #expect(try Image.decode(damaged, file: "x") == stored)
    }
    for place in start..<value {
      var damaged = bytes
      damaged[place] ^= 0xFF
      let image = try Image.decode(damaged, file: "x")
      #expect(image == stored || (image.height, image.width) == (stored.width, stored.height))
    }
  }

  /// What there is of a file that ends early is not an image.
  @Test(arguments: [
    "progressive.jpg", "cmyk.jpg", "lossy.webp", "lossless.webp", "rgb.bmp", "palette4.bmp", "frame.gif",
  ])
  func everyTruncationIsAnError(name: String) throws {
    let bytes = try File.contents(of: "\(folder)/\(name)")
    // The block of no bytes and the trailer of a GIF hold no pixels, nor what fills up a BMP's last row.
    let needed = bytes.count - (name.hasSuffix(".gif") ? 2 : name == "rgb.bmp" ? 3 : 0)
    for count in stride(from: 0, to: needed, by: 1) {
      expectError(name) { _ = try Image.decode(Array(bytes.prefix(count)), file: name) }
    }
  }

  /// Of an animation and of interlaced rows the same pixels as of the plain file.
  @Test func takesTheFirstFrame() throws {
    #expect(try read("frames.gif") == read("frame.gif") && read("interlaced.gif") == read("frame.gif"))
    #expect(try read("frames.webp") == read("lossless.webp"))
  }

  @Test func saysWhatIsNoImage() throws {
    func refused(_ bytes: [UInt8], _ words: String...) {
      do {
        _ = try Image.decode(bytes, file: "x.jpg")
        Issue.record("no error; expected \(words)")
      } catch {
        for word in words { #expect("\(error)".contains(word), "\(error)") }
        #expect(!"\(error)".contains("0×0"), "\(error)")
      }
    }
    refused([], "the file is empty", "PNG, JPEG, WebP, BMP, GIF")
    refused([0xFF, 0xD8, 0xFF, 0xE0] + Array("garbage".utf8), "damaged or truncated JPEG")
    refused(Array("\n <!DOCTYPE html><html>".utf8), "HTML page", "download failed")
    refused(Array("II*\0abcd".utf8), "TIFF", "convert it to PNG")
    refused([0, 0, 0, 24] + Array("ftypheic".utf8), "HEIC", "convert it to JPEG")
    refused([0, 0, 0, 24] + Array("ftypavif".utf8), "AVIF")
    refused(Array("version https://git-lfs.github.com/spec/v1".utf8), "git lfs pull")
    refused(Array("<svg xmlns='x'>".utf8), "SVG")
    // Sizes of nothing, and of more than is decoded.
    let bmp = try File.contents(of: folder + "/rgb.bmp")
    for (place, value) in [
      (18, [UInt8](repeating: 0, count: 4)), (22, [0, 0, 0, 0]), (18, [0, 0, 1, 0]), (22, [0, 0, 0, 128]),
    ] {
      var damaged = bmp
      damaged.replaceSubrange(place..<place + 4, with: value)
      refused(
        damaged,
        place == 18 && value[2] == 1 ? "bytes of rows" : value[3] == 128 ? "at most 178 million" : "damaged header")
    }
    var packed = bmp
    packed[30] = 1
    refused(packed, "run-length compression", "save the image without it")
    refused(Array("GIF89a".utf8) + [0, 0, 0, 0, 0, 0, 0, 0x3B], "GIF")
    let gif = try File.contents(of: folder + "/frame.gif")
    refused(Array(gif.prefix(13)), "GIF")
  }

  /// A small file can hold any size: it is refused before memory is taken.
  @Test func refusesMorePixelsThanPillow() throws {
    var png = try File.contents(of: folder + "/gray4.png")
    // IHDR with 16384×16384 pixels and its checksum.
    let header = Array("IHDR".utf8) + [0, 0, 64, 0, 0, 0, 64, 0, 8, 0, 0, 0, 0]
    png.replaceSubrange(12..<29, with: header)
    png.replaceSubrange(29..<33, with: bigEndian(crc32(header)))
    expectError("16384×16384 pixels", "at most 178 million") { _ = try Image.decode(png, file: "x.png") }
  }

  @Test func imagesShareTheMemoryOfDecoding() {
    var share = DecodingMemory.Share()
    // One that is too large for the share is decoded alone.
    #expect(share.hasRoom(for: DecodingMemory.limit + 1))
    share.take(DecodingMemory.limit + 1)
    #expect(!share.hasRoom(for: 1))
    share.giveBack(DecodingMemory.limit + 1)
    share.take(DecodingMemory.limit / 2)
    #expect(share.hasRoom(for: DecodingMemory.limit / 2) && !share.hasRoom(for: DecodingMemory.limit / 2 + 1))
    share.giveBack(DecodingMemory.limit / 2)
    #expect(share.byteCount == 0)
    // It is given back even if decoding fails.
    struct Failure: Error {}
    for _ in 0..<3 {
      #expect(throws: Failure.self) { try DecodingMemory.with(DecodingMemory.limit) { throw Failure() } }
    }
  }

  /// By the first edition of the rules, for runs that recorded none.
  @Test func runsMadeBeforeKeepTheirPixels() throws {
    let half = try Image(contentsOf: folder + "/rgba.png", reading: .before)
    #expect(try half != read("rgba.png") && half != read("rgba.png white"))
    #expect(try Image(contentsOf: folder + "/gamma.png", reading: .before) != read("gamma.png"))
    #expect(try Image(contentsOf: folder + "/exif.png", reading: .before).height == 17)
    let gray16 = try Image(contentsOf: repositoryFile("Tests/Fixtures/images/gray16.png"), reading: .before)
    #expect(try gray16 == Image(contentsOf: repositoryFile("Tests/Fixtures/images/gray.png")))
    #expect(try Image.decode(Array("P5 1 1 65535 ".utf8) + [0x80, 0x80], reading: .before, file: "x").pixels == [128])
  }
}

/// A chunk of a PNG file.
func pngChunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
  let body = Array(name.utf8) + content
  return bigEndian(UInt32(content.count)) + body + bigEndian(crc32(body))
}

/// zlib's stream of the letter a, so many times, in less than a hundredth of the bytes: one literal, then copies of 258.
func zlibLetters(_ count: Int) -> [UInt8] {
  var (bytes, bits): ([UInt8], [UInt8]) = ([0x78, 0x9C], [])
  func code(_ value: Int, _ length: Int) -> [UInt8] { (0..<length).map { UInt8(value >> (length - 1 - $0) & 1) } }
  bits = [1, 1, 0] + code(0b1001_0001, 8)
  for _ in 0..<(count - 1) / 258 { bits += code(0b1100_0101, 8) + code(0, 5) }
  for _ in 0..<(count - 1) % 258 { bits += code(0b1001_0001, 8) }
  bits += code(0, 7)
  for start in stride(from: 0, to: bits.count, by: 8) {
    bytes.append(bits[start..<min(start + 8, bits.count)].enumerated().reduce(0) { $0 | $1.element << $1.offset })
  }
  let (a, b) = ((1 + 97 * count) % 65521, (count + 97 * (count * (count + 1) / 2)) % 65521)
  return bytes + bigEndian(UInt32(b << 16 | a))
}

/// CRC-32 as PNG's chunks have it.
private func crc32(_ bytes: [UInt8]) -> UInt32 {
  var crc = UInt32.max
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 {
      let carry: UInt32 = crc & 1 == 1 ? 0xEDB8_8320 : 0
      crc = crc >> 1 ^ carry
    }
  }
  return ~crc
}

private func bigEndian(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
