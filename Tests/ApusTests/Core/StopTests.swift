import Apus
import Testing

/// What is left of a program that the library stops.
@Suite struct StopTests {
  /// What a program printed is there, on a pipe too, where the library stops it.
  @Test func textPrintedBeforeAStopIsThere() async {
    let core = await #expect(processExitsWith: .failure, observing: [\.standardOutputContent, \.standardErrorContent]) {
      print("layer 1 done")
      _ = matmul(Tensor.zeros([2, 3]), Tensor.zeros([2, 3]))
    }
    #expect(outputText(core).contains("layer 1 done") && errorText(core).contains("MatMul takes [m, k] · [k, n]"))
    let layers = await #expect(processExitsWith: .failure, observing: [\.standardOutputContent]) {
      print("no new line", terminator: "")
      _ = Conv2D(0, 1, kernel: 3)
    }
    #expect(outputText(layers).contains("no new line"))
  }
}
