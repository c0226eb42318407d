import Apus
import Testing

/// A newcomer's first program, by PyTorch's habits. As it was guessed, but for `Dropout(0.2)`, which the compiler answers with "say which
/// probability" (Tests/habits).
@Suite struct FirstNetworkTests {
  struct Net: Layer {
    let conv1: Conv2D
    let conv2 = Conv2D(6, 16, kernel: 5)
    let dropout = Dropout(dropProbability: 0.2)
    let fc1 = Linear(576, 64)
    let fc2 = Linear(64, 10)

    init(_ k: Int) { conv1 = Conv2D(1, 6, kernel: k, padding: k / 2) }

    func forward(_ x: Tensor) -> Tensor {
      var x = maxPool2d(relu(conv1(x)), 2)
      x = maxPool2d(relu(conv2(x)), 2)
      x = x.flatten(1)
      x = dropout(relu(fc1(x)))
      return fc2(x)
    }
  }

  @Test func aTrainingLoopLearns() {
    let digits = Digits.load()
    let net = Random.withSeed(1) { Net(5) }
    var optimizer = SGD(net.parameters, lr: 0.05, momentum: 0.9)
    for epoch in 0..<4 {
      for batch in digits.train.batches(of: 64, shuffled: 1, epoch: epoch) {
        let (loss, gradients) = valueWithGradients(of: net) { crossEntropy(net(batch.images), batch.labels) }
        optimizer.step(gradients)
        #expect(loss.isFinite)
      }
    }
    for batch in digits.test.batches(of: 360) {
      let prediction = net(batch.images).argmax(axis: 1)
      let right = (prediction .== batch.labels).mean().item()
      // Guessing gets a tenth.
      #expect(right > 0.8)
      #expect(abs(accuracy(logits: net(batch.images), labels: batch.labels) - right) < 1e-6)
      #expect((prediction .== batch.labels).sum().item() == (right * 360).rounded())
    }
  }

  @Test func labelsMayBeWrittenInEveryWay() {
    let logits = floats([3, 4], seed: 1)
    let labels = [0, 1, 2]
    let expected = crossEntropy(logits: logits, labels: Tensor([0, 1, 2] as [Int32]))
    expectSameBits(crossEntropy(logits, Tensor([0, 1, 2])), expected)
    expectSameBits(crossEntropy(logits, Tensor(labels)), expected)
    expectSameBits(crossEntropy(logits: logits, labels: Tensor(labels)), expected)
  }

  /// The forward pass before the gradients are taken, as in `loss = f(x); loss.backward()`.
  @Test func aLoopThatWouldTrainNothingStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let net = Net(5)
      var optimizer = SGD(net.parameters, lr: 0.1)
      let loss = crossEntropy(net(Tensor.ones([2, 32, 32, 1])), Tensor([0, 1]))
      let (_, gradients) = valueWithGradients(of: net) { loss }
      optimizer.step(gradients)
    }
    #expect(errorText(result).contains("valueWithGradients"))
  }
}
