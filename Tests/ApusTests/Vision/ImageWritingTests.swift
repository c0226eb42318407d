import Apus
import ApusVision
import Testing

@Suite struct ImageWritingTests {
  @Test(arguments: ["color", "gray"], [30, 90]) func jpegFilesAreThoseOfPillow(name: String, quality: Int) throws {
    let fixture = try PyTorchFixture("vision")
    let image = Image(fixture["jpeg/\(name)/image"])
    let file = try image.jpegData(quality: quality)
    let decoded = try Image.decode(file, file: "memory")
    // Both by libjpeg's arithmetic, whose versions round as one.
    #expect(largestDifference(decoded.pixels, Image(fixture["jpeg/\(name)/\(quality)"]).pixels) <= 1)
    if quality == 30 { #expect(try file.count < image.jpegData().count) }
  }

  @Test func refusesWhatJPEGCannotHold() async throws {
    let long = Image(height: 1, width: 70_000, channels: 1, pixels: [UInt8](repeating: 1, count: 70_000))
    expectError("1×70000 pixels", "65,500 pixels on a side") { _ = try long.jpegData() }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Image(height: 1, width: 1, channels: 1, pixels: [1]).jpegData(quality: 101)
    }
    #expect(errorText(result).contains("quality 101, expected 1 to 100"))
  }

  @Test func writesWhatTheNameSays() throws {
    let folder = try TemporaryFolder()
    let image = Image(height: 2, width: 3, channels: 1, pixels: [0, 50, 100, 150, 200, 250])
    try image.write(to: folder.path + "/a.PNG")
    #expect(try Image(contentsOf: folder.path + "/a.PNG") == image)
    for name in ["/a.jpg", "/a.jpeg"] {
      try image.write(to: folder.path + name, quality: 100)
      #expect(try largestDifference(Image(contentsOf: folder.path + name).pixels, image.pixels) <= 2)
    }
    expectError("a.bmp", "to end in .png, .jpg or .jpeg") { try image.write(to: folder.path + "/a.bmp") }
    expectError("none/a.png", "No such file") { try image.write(to: folder.path + "/none/a.png") }
    #expect(try folder.names() == ["a.PNG", "a.jpeg", "a.jpg"])
  }
}
