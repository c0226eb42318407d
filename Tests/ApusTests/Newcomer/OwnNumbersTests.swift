import Apus
import Testing

/// A newcomer's second program: a small regression on numbers of their own.
@Suite struct OwnNumbersTests {
  @Test func aLineIsFitted() {
    let x = Tensor([1, 2, 3]).reshaped(-1, 1)
    let y = x * 2 + 1
    let model = Linear(1, 1)
    var optimizer = SGD(model.parameters, lr: 0.1, momentum: 0.5)
    var last = Double.infinity
    for _ in 0..<100 {
      let (loss, gradients) = valueWithGradients(of: model) { mseLoss(model(x), y) }
      optimizer.step(gradients)
      last = loss.item()
    }
    #expect(x.scalarType == .float32)
    #expect(last < 1e-3)
    #expect(abs(model.weight.value.item() - 2) < 0.1)
  }

  /// An array that has a type keeps it, and the layer says what to do.
  @Test func anArrayOfDoublesIsToldWhatToDo() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let numbers = [1.0, 2.0, 3.0]
      _ = Linear(1, 1)(Tensor(numbers).reshaped(-1, 1))
    }
    #expect(errorText(result).contains("cast(to: .float32)"))
    let numbers = [1.0, 2.0, 3.0]
    #expect(Linear(1, 1)(Tensor(numbers).cast(to: .float32).reshaped(-1, 1)).shape == [3, 1])
  }
}
