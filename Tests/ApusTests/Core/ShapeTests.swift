import Apus
import Testing

@Suite struct ShapeTests {
  @Test func countsElements() {
    #expect(Shape([2, 3, 4]).elementCount == 24)
    #expect(Shape().elementCount == 1)
    #expect(Shape([5, 0]).elementCount == 0)
    #expect(Array(Shape([2, 3])) == [2, 3])
    #expect("\(Shape([1, 8, 8, 3]))" == "[1, 8, 8, 3]")
  }

  @Test func comparesSizesAndRank() {
    #expect(Shape([2, 3]) == [2, 3])
    #expect(Shape([2, 3]) != [2, 3, 1])
    #expect(Shape([1]) != Shape())
  }

  @Test func trapsWithTheSizes() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2, 3] as [Float], shape: [2, 2])
    }
    #expect(errorText(result).contains("3 values for a tensor of shape [2, 2]"))
  }
}
