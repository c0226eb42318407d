import Apus
import ApusONNX
import Testing

/// A newcomer's fourth and fifth programs: PyTorch's weights in a network, and a layer of one's own in a network of one's own.
@Suite struct OwnLayerTests {
  struct Scale: Layer {
    let gamma: Parameter

    init(_ channels: Int) { gamma = Parameter(.ones([channels])) }

    func forward(_ x: Tensor) -> Tensor { x * gamma }
  }

  struct Net: Layer {
    let conv = Conv2D(1, 4, kernel: 3, padding: 1)
    let scale = Scale(4)
    let fc = Linear(144, 3)

    func forward(_ x: Tensor) -> Tensor { fc(maxPool2d(relu(scale(conv(x))), 2).flatten(1)) }
  }

  @Test func itIsPrinted() {
    #expect(
      "\(Net())" == """
        Net: 479 parameters
          conv: Conv2D   40  weight [3, 3, 1, 4], bias [4], stride 1×1, padding 1, dilation 1×1, groups 1
          scale: Scale    4  gamma [4]
          fc: Linear    435  weight [144, 3], bias [3]
        """)
  }

  @Test func itIsTrainedAndPlanned() throws {
    let net = Random.withSeed(1) { Net() }
    let (x, labels) = (floats([6, 12, 12, 1], seed: 2), Tensor([0, 1, 2, 0, 1, 2]))
    var optimizer = Adam(net.parameters, lr: 0.01)
    let before = crossEntropy(net(x), labels).item()
    for _ in 0..<20 { optimizer.step(valueWithGradients(of: net) { crossEntropy(net(x), labels) }.gradients) }
    #expect(crossEntropy(net(x), labels).item() < before / 2)
    let plan = try net.plan(input: [6, 12, 12, 1])
    #expect(plan.parameters == 479)
    #expect("\(plan)".contains("parameters:"))
  }

  @Test func itIsSavedExportedAndUsed() throws {
    let folder = try TemporaryFolder()
    let (net, other) = Random.withSeed(1) { (Net(), Net()) }
    net.scale.gamma.value = Tensor([1, 2, 3, 4])
    let x = floats([2, 12, 12, 1], seed: 3)
    try net.save(folder.path + "/net.safetensors")
    try other.load(folder.path + "/net.safetensors")
    expectSameBits(other(x), net(x))
    try net.exportONNX(input: [1, 12, 12, 1], to: folder.path + "/net.onnx")
    let compiled = try net.compiled(for: [2, 12, 12, 1])
    #expect(try compiled(x).argmax().array(of: Int.self) == net(x).argmax().array(of: Int.self))
    #expect(try folder.names() == ["net.onnx", "net.safetensors"])
  }

  @Test func weightsOfPyTorchAreLoaded() throws {
    let model = InterchangeNetwork()
    let receipt = try model.load(repositoryFile("Tests/Fixtures/interchange.pth"), input: InterchangeNetwork.input)
    #expect(receipt.isComplete && receipt.layout == .pytorch)
  }
}
