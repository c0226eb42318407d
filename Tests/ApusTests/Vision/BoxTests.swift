import Apus
import ApusVision
import Testing

/// Boxes from rows of four sides.
func boxes(_ tensor: Tensor) -> [Box] {
  let sides = tensor.cast(to: .float32).array(of: Float.self)
  return every(
    stride(from: 0, to: sides.count, by: 4).map {
      Box(left: sides[$0], top: sides[$0 + 1], right: sides[$0 + 2], bottom: sides[$0 + 3])
    })
}

@Suite struct BoxTests {
  private let fixture: PyTorchFixture

  init() throws { fixture = try PyTorchFixture("vision") }

  @Test func overlapsAreTorchvisions() {
    let boxes = boxes(fixture["nms/boxes"])
    let overlaps = boxes.flatMap { a in boxes.map { a.overlap(with: $0) } }
    fixture.expect(Tensor(overlaps, shape: [boxes.count, boxes.count]), is: "nms/overlaps")
    let (outer, inner) = (Box(left: 0, top: 0, right: 8, bottom: 8), Box(left: 2, top: 2, right: 4, bottom: 6))
    #expect(outer.overlap(with: inner) == 0.125 && outer.overlap(with: inner, per: .smaller) == 1)
  }

  @Test(arguments: [3, 5, 7]) func suppressionChoosesWhatTorchvisionAndMTCNNChoose(tenths: Int) {
    let (boxes, scores) = (boxes(fixture["nms/boxes"]), fixture["nms/scores"].array(of: Float.self))
    let threshold = Float(tenths) / 10
    #expect(
      nonMaximumSuppression(boxes, scores: scores, threshold: threshold) == fixture.integers("nms/union\(tenths)"))
    #expect(
      nonMaximumSuppression(boxes, scores: scores, threshold: threshold, classes: fixture.integers("nms/classes"))
        == fixture.integers("nms/classes\(tenths)"))
    #expect(
      nonMaximumSuppression(boxes, scores: scores, threshold: threshold, per: .smaller)
        == fixture.integers("nms/smaller\(tenths)"))
  }

  @Test func suppressionOfNothingIsNothingAndNaNComesLast() {
    #expect(nonMaximumSuppression([], scores: [], threshold: 0.5).isEmpty)
    let apart = (0..<3).map { Box(left: Float($0), top: 0, right: Float($0) + 1, bottom: 1) }
    #expect(nonMaximumSuppression(apart, scores: [.nan, -1, 2], threshold: 0.5) == [2, 1, 0])
  }

  @Test func suppressionWantsAScorePerBox() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = nonMaximumSuppression([], scores: [1], threshold: 0.5)
    }
    #expect(errorText(result).contains("0 boxes with 1 scores"))
  }

  @Test(arguments: ["wide", "high"]) func letterboxIsOpenCVs(name: String) {
    let original = Image(fixture["letterbox/\(name)/image"])
    let letterbox = original.letterboxed(height: 20, width: 23)
    #expect(letterbox.image == Image(fixture["letterbox/\(name)/y"]))
    // The way back gives the image's sides.
    let whole = letterbox.original(Box(left: -5, top: -5, right: 40, bottom: 40))
    #expect(whole == Box(left: 0, top: 0, right: Float(original.width), bottom: Float(original.height)))
  }

  @Test func aBoxOfTheFrameComesBackToTheImage() {
    // 10×20 in a frame of 40×40: twice the size, 10 rows above.
    let letterbox = Image(height: 10, width: 20, channels: 1, pixels: [UInt8](repeating: 9, count: 200))
      .letterboxed(height: 40, width: 40)
    let box = letterbox.original(Box(left: 4, top: 14, right: 36, bottom: 28))
    #expect(box == Box(left: 2, top: 2, right: 18, bottom: 9))
  }
}
