import Apus
import ApusVision
import Testing

@Suite struct CropTests {
  private let fixture: PyTorchFixture
  private let image: Image

  init() throws {
    fixture = try PyTorchFixture("vision")
    image = Image(fixture["crops/image"])
  }

  @Test func tensorsAreTorchvisions() throws {
    let image = Image(fixture["tensor/image"])
    // No tolerance: the same bits.
    fixture.expect(Tensor(image), is: "tensor/y")
    expectSameBits(try Tensor([image, image.inverted()])[1], Tensor(image.inverted())[0])
    #expect(Image(Tensor(image)) == image && Image(Tensor(image, in: -1...1), in: -1...1) == image)
  }

  @Test func tensorsBecomeImagesCutAndRounded() {
    let values = Tensor([-3, 0.499 / 255, 0.501 / 255, 2, .nan, 1] as [Float], shape: [2, 3, 1])
    #expect(Image(values) == Image(height: 2, width: 3, channels: 1, pixels: [0, 0, 1, 255, 0, 255]))
    #expect(Image(Tensor([7, 250] as [UInt8], shape: [1, 1, 2, 1])).pixels == [7, 250])
  }

  @Test func batchesAreOfOneSize() {
    let small = Image(height: 1, width: 2, channels: 1, pixels: [1, 2])
    expectError("none", "1 or more") { _ = try Tensor([Image]()) }
    expectError("[1, 2, 3] as image 1", "[1, 2, 1]") { _ = try Tensor([small, small.rgb()]) }
  }

  @Test func areaIsPyTorchs() throws {
    fixture.expect(
      try image.crops(boxes(fixture["crops/whole"]), height: 6, width: 8, by: .area), is: "crops/area")
  }

  @Test func bilinearIsTorchvisionsAndOpenCVs() throws {
    fixture.expect(try image.crops(boxes(fixture["crops/boxes"]), height: 6, width: 8), is: "crops/bilinear")
    let whole = Box(left: 0, top: 0, right: 43, bottom: 31)
    fixture.expect(try image.crops([whole], height: 50, width: 20), is: "crops/resized")
  }

  @Test(arguments: [(50, 20), (7, 90), (31, 42), (1, 1)]) func bytesAreInterpolatedToOpenCVsBits(size: (Int, Int)) {
    let expected = Image(fixture["crops/opencv/\(size.0)x\(size.1)"])
    #expect(image.resized(height: size.0, width: size.1, antialias: false) == expected)
  }

  /// As `(x - 127.5) * 0.0078125` makes them, to the same bits.
  @Test func rangesAreMTCNNs() throws {
    let boxes = boxes(fixture["crops/whole"])
    let (low, high): (Float, Float) = (-127.5 * 0.0078125, 127.5 * 0.0078125)
    let scaled = try image.crops(boxes, height: 6, width: 8, by: .area, in: low...high)
    let bytes = try image.crops(boxes, height: 6, width: 8, by: .area, in: 0...255)
    expectSameBits(scaled, (bytes - 127.5) * 0.0078125)
  }

  @Test(arguments: [CropSampling.area, .bilinear]) func threadsChangeNothing(sampling: CropSampling) throws {
    let many = (0..<40).map { (index: Int) -> Box in
      let (left, top, right) = (index % 7, index % 5, 20 + index % 11)
      return Box(left: Float(left), top: Float(top), right: Float(right), bottom: 29)
    }
    let count = Runtime.threadCount
    defer { Runtime.threadCount = count }
    Runtime.threadCount = 1
    let alone = try image.crops(many, height: 24, width: 24, by: sampling)
    Runtime.threadCount = 3
    expectSameBits(try image.crops(many, height: 24, width: 24, by: sampling), alone)
    expectSameBits(try image.crops([many[17]], height: 24, width: 24, by: sampling)[0], alone[17])
  }

  @Test func cropsRefuseBoxesThatAreNone() throws {
    #expect(try image.crops([], height: 2, width: 3).shape == [0, 2, 3, 3])
    let wrong = [
      Box(left: 3, top: 0, right: 3, bottom: 5), Box(left: 0, top: .nan, right: 3, bottom: 5),
      Box(left: 0, top: 0, right: .infinity, bottom: 5), Box(left: 0, top: 6, right: 3, bottom: 5),
    ]
    for box in wrong {
      expectError("as box 1", "left < right") {
        _ = try image.crops([Box(left: 0, top: 0, right: 1, bottom: 1), box], height: 2, width: 2)
      }
    }
    let outside = Box(left: 50, top: 0, right: 60, bottom: 5)
    expectError("as box 0", "a whole pixel of the image of 31×43") {
      _ = try image.crops([outside], height: 2, width: 2, by: .area)
    }
    #expect(try image.crops([outside], height: 2, width: 2).shape == [1, 2, 2, 3])
  }

  @Test(arguments: ["color", "gray", "row"]) func pyramidsAreOpenCVs(name: String) {
    let pyramid = Image(fixture["pyramid/\(name)/0"]).pyramid(levels: 4)
    #expect(pyramid.count == 4)
    for (level, image) in pyramid.enumerated() { #expect(image == Image(fixture["pyramid/\(name)/\(level)"])) }
  }

  @Test func pyramidsEndAtOnePixel() {
    let image = Image(height: 1, width: 3, channels: 1, pixels: [1, 2, 3])
    #expect(image.pyramid(levels: 9).map(\.width) == [3, 2, 1])
  }
}
