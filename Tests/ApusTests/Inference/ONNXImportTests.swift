import Apus
import ApusONNX
import Foundation
import Testing

/// Models from ONNX files: what Tests/Fixtures/make-onnx-fixtures.py has made, and files that are wrong. All operators are held against
/// ONNX's own tests by Tests/Interchange/onnx-node-tests, by hand.
@Suite struct ONNXImportTests {
  static let names = ["shapes", "decomposed", "keras", "operators", "places", "resizes", "branches"]

  static func path(_ name: String) -> String { repositoryFile("Tests/Fixtures/onnx-import/\(name).onnx") }

  private static let values = Result {
    try Safetensors.read(repositoryFile("Tests/Fixtures/onnx-import.safetensors")).tensors
  }

  private func expect(_ y: Tensor, is want: Tensor, within part: Double = 1e-5, _ what: String) {
    #expect(y.shape == want.shape, "\(what)")
    guard y.shape == want.shape else { return }
    #expect((y - want).abs().max().item() <= part * want.abs().max().item(), "\(what)")
  }

  // MARK: Values

  @Test(arguments: names) func aModelGivesOnnxruntimesResults(_ name: String) throws {
    let values = try ONNXImportTests.values.get()
    let model = try ONNXModel(contentsOf: ONNXImportTests.path(name))
    for place in 0...1 {
      let x = try #require(values["\(name)/x\(place)"])
      let pass = model.pass(input: x.shape)
      let apart = withPhase(.inference) { pass.run([x]) }
      let compiled = try Compiled(pass)([x])
      for (number, result) in every(apart).enumerated() {
        let key = "\(name)/y\(place)" + (number == 0 ? "" : ".\(number)")
        let want = try #require(values[key])
        expect(result.tensor, is: want, key)
        expect(compiled[number], is: want, "\(key), compiled")
      }
    }
  }

  @Test func aNetworkOfTwoInputsGivesItsOutputsByName() throws {
    let values = try ONNXImportTests.values.get()
    let network = try ONNXNetwork(contentsOf: ONNXImportTests.path("pair"))
    for place in 0...1 {
      let inputs = [try #require(values["pair/x\(place)"]), try #require(values["pair/vector\(place)"])]
      let results = network(inputs)
      let compiled = try network.compiled(for: inputs.map(\.shape))(inputs)
      let plan = try network.plan(inputs: inputs.map(\.shape))
      #expect(results.keys.sorted() == plan.outputs.map(\.name))
      for number in 0...1 {
        let want = try #require(values["pair/y\(place)" + (number == 0 ? "" : ".1")])
        expect(try #require(results["out\(number)"]), is: want, "out\(number)")
        expect(compiled[number], is: want, "out\(number), compiled")
      }
    }
    expectError("takes 2 tensors, not 1") { _ = try network.plan(inputs: [[1, 6, 8, 3]]) }
    expectError("for \"vector\"") { _ = try network.plan(inputs: [[1, 6, 8, 3], [1, 4]]) }
    expectError("2 inputs (\"input\", \"vector\")", "ONNXNetwork") {
      _ = try ONNXModel(contentsOf: ONNXImportTests.path("pair"))
    }
  }

  @Test func aConditionChoosesAGraphByTheShapesOfTheRun() throws {
    let rows = try operations("branches", [1, 1, 4, 2])
    #expect(rows.contains("Conv2D") && !rows.contains("Max"))
    #expect(try operations("branches", [1, 3, 4, 2]).contains("Max"))
    let model = try ONNXModel(contentsOf: ONNXImportTests.path("branches"))
    #expect(model.parameters.map(\.path).contains { $0.contains("then.") }, "\(model.parameters.map(\.path))")
  }

  @Test func aModelIsTheLayerThatItsFirstOutputIs() throws {
    let values = try ONNXImportTests.values.get()
    let model = try ONNXModel(contentsOf: ONNXImportTests.path("decomposed"))
    let x = try #require(values["decomposed/x1"])
    expect(model(x), is: try #require(values["decomposed/y1"]), "called")
    expect(try model.compiled(for: x.shape)(x), is: try #require(values["decomposed/y1"]), "compiled")
  }

  // MARK: What becomes of the nodes

  private func operations(_ name: String, _ input: Shape) throws -> [String] {
    try Graph(of: try ONNXModel(contentsOf: ONNXImportTests.path(name)), input: input).nodes.map(\.operation.name)
  }

  @Test func whatExportersTakeApartIsOneOperatorAgain() throws {
    let found = try operations("decomposed", [1, 16, 16, 3])
    for name in ["LayerNorm", "GELU", "Swish"] { #expect(found.count { $0 == name } == 1, "\(name) of \(found)") }
    #expect(!found.contains("Sqrt") && !found.contains("Sigmoid"))
  }

  @Test func channelsStayLastAndWeightsAreTurnedOnce() throws {
    // The shuffle of channels alone moves elements: the rows behind the flattening are turned in the weight.
    #expect(try operations("shapes", [2, 16, 16, 3]).count { $0 == "Transpose" } == 1)
    // Tokens of an image lie as its pixels do; one operand of the product of tokens with themselves is turned.
    #expect(try operations("decomposed", [1, 16, 16, 3]).count { $0 == "Transpose" } == 1)
    #expect(try operations("keras", [1, 8, 8, 2]).count { $0 == "Transpose" } == 0)
  }

  @Test func aFlattenedImageOfAnotherSizeIsMultipliedInTheFilesOrder() throws {
    // 2×3 pixels of two channels: found when the file was read for an image of any size.
    let model = Sequential {
      Conv2D(1, 2, kernel: 3, padding: 1)
      AdaptiveAveragePool2D([2, 3])
      Flatten()
      Linear(12, 4)
    }
    let folder = try TemporaryFolder()
    let path = try folder.file("flat.onnx")
    try model.exportONNX(input: [2, 4, 6, 1], to: path)
    let x = Tensor.normal([3, 4, 6, 1], seed: 4)
    expect(try ONNXModel(contentsOf: path)(x), is: model(x), "flattened")
  }

  @Test func theSoftmaxAtTheEndIsLeftOutForScores() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("softmax.onnx")
    let model = Sequential {
      Flatten()
      Linear(8, 3)
      Softmax()
    }
    try model.exportONNX(input: [2, 2, 2, 2], to: path)
    let x = Tensor.normal([2, 2, 2, 2], seed: 1)
    expect(softmax(try ONNXModel(scoresOf: path)(x)), is: model(x), "scores")
    expect(try ONNXModel(contentsOf: path)(x), is: model(x), "probabilities")
  }

  // MARK: Networks that this library writes

  @Test(arguments: ["lenet5", "resnet20", "googlenet", "fcn"])
  func aNetworkComesBackAsItWasWritten(_ name: String) throws {
    let entry = try NetworkCatalogue.entry(name)
    var input = entry.usualInput
    if input[0] > 64 { (input[0], input[1]) = (64, 64) }
    let model = try NetworkCatalogue.make(name, input: input, classes: 7, seed: 3)
    let folder = try TemporaryFolder()
    let path = try folder.file("\(name).onnx")
    try model.exportONNX(input: Shape([2] + input), to: path)
    let x = Tensor.normal(Shape([1] + input), seed: 5)
    expect(try ONNXModel(contentsOf: path)(x), is: withPhase(.inference) { model(x) }, name)
  }
}
