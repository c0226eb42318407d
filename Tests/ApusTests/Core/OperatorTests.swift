import Apus
import ApusONNX
import Testing

/// Operators on tensors, each held to PyTorch's values and gradients, to finite differences, to itself compiled, and to what a file
/// for other runtimes can say.
@Suite struct OperatorTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// Of the case's operands.
    let function: @Sendable ([Tensor]) -> Tensor

    init(_ name: String, _ function: @escaping @Sendable ([Tensor]) -> Tensor) {
      (testDescription, self.function) = (name, function)
    }
  }

  static let axes: [Case] =
    [0, 1, 2].flatMap { axis in
      [
        Case("softmax\(axis)") { softmax($0[0], axis: axis) },
        Case("logSoftmax\(axis)") { logSoftmax($0[0], axis: axis - 3) },
      ]
    }

  static let movement: [Case] = [
    Case("maximum") { Tensor.maximum($0[0], 0.25) },
    Case("minimum") { Tensor.minimum($0[0], -0.25) },
    Case("step") { $0[0].slice(axis: 1, range: 1..<5, by: 2) },
    Case("mirror") { $0[0].slice(axis: -2, range: 1..<4, by: -1) },
    Case("subscript") { $0[0][-1, .all, 1..<3, .last(2)] },
    Case("chunk") { x in
      let parts = x[0].split(into: 2, axis: 2)
      return parts[1] - 2 * parts[0]
    },
    Case("split") { $0[0].split(sizes: [1, 3, 1], axis: 1)[1] },
    Case("stack") { Tensor.stacked($0, axis: -1) },
    Case("tile") { $0[0].tiled([2, 1, 3, 1, 2]) },
    Case("repeat") { $0[0].repeated(3, axis: 1) },
    Case("constant") { $0[0].padded([(1, 1), (2, 0), (0, 3), (1, 2)], mode: .constant(0.75)) },
    Case("reflect") { $0[0].padded([(0, 0), (4, 1), (2, 3), (0, 0)], mode: .reflect) },
    Case("replicate") { $0[0].padded([(0, 0), (4, 1), (2, 3), (0, 0)], mode: .replicate) },
  ]

  /// Made anew: what is made first while a plan is made has no values.
  private static var places: Tensor {
    Tensor([1, 0, 4, 3, 1, 1, 0, 2, 0, 4, 4, 1, 2, 0, 4, 2] as [Int32], shape: [2, 2, 4])
  }

  static let indexing: [Case] = [
    Case("take") { $0[0].take(Tensor([2, 0, 2, 4]), axis: 1) },
    Case("takeOfTable") { $0[0].take(Tensor([1, 0, 2, 1] as [Int32], shape: [2, 2]), axis: 0) },
    Case("gather") { $0[0].gather(places, axis: 1) },
    Case("scatterAdd") { $0[0].scatterAdd(places, $0[1], axis: 1) },
    Case("cumulativeSum") { $0[0].cumulativeSum(axis: 1) },
    Case("cumulativeSumOfRows") { $0[0].cumulativeSum(axis: -1) },
    Case("sort") { $0[0].gather($0[0].argSorted(axis: 1), axis: 1) },
    Case("sortDescending") { $0[0].gather($0[0].argSorted(descending: true), axis: -1) },
    Case("topK") { $0[0].topK(2, axis: 1).values },
    Case("topKSmallest") { $0[0].topK(3, smallest: true).values },
    Case("select") { Tensor.select($0[0] .> 0.2, $0[0] * 2, $0[1]) },
    Case("mask") { ($0[0] .<= 0.2) * $0[0] },
    Case("erf") { $0[0].erf() },
    Case("powers") { ($0[0].abs() + 0.5).power($0[1]) },
    Case("pixelShuffle") { pixelShuffle($0[0], factor: 3) },
    Case("pixelUnshuffle") { pixelUnshuffle($0[0], factor: 2) },
  ]

  static let grids: [Case] = [(ResampleFilter.bilinear, "bilinear"), (.nearest, "nearest")].flatMap { filter, name in
    [(PaddingMode.constant(0), "zeros"), (.replicate, "border")].flatMap { padding, outside in
      [false, true].map { align in
        Case("gridSample-\(name)-\(outside)\(align ? "-aligned" : "")") {
          gridSample($0[0], $0[1], filter: filter, padding: padding, alignCorners: align)
        }
      }
    }
  }

  static let all = axes + movement + indexing + grids

  private static func operands(_ each: Case, _ fixture: PyTorchFixture) -> [Tensor] {
    (0..<4).compactMap { fixture.group(each.testDescription + "/")["\($0)"] }
  }

  @Test(arguments: all) func valuesAndGradientsArePyTorchs(each: Case) throws {
    let fixture = try PyTorchFixture("operators")
    let (name, inputs) = (each.testDescription, Self.operands(each, fixture))
    var y: Tensor?
    let (_, gradients) = valueWithGradients(at: inputs) { inputs in
      y = each.function(inputs)
      return (y! * fixture["\(name)/dy"]).sum()
    }
    fixture.expect(try #require(y).detached(), is: "\(name)/y")
    for (index, gradient) in every(gradients).enumerated() {
      fixture.expect(try #require(gradient), is: "\(name)/d\(index)")
    }
  }

  /// The fixture has no case that nothing compares.
  @Test func everyFixtureHasACase() throws {
    #expect(try PyTorchFixture("operators").cases == Self.all.map(\.testDescription).sorted())
  }

  @Test(arguments: all) func gradientsAreFiniteDifferences(each: Case) throws {
    let shapes = Self.operands(each, try PyTorchFixture("operators")).map(\.shape)
    let inputs = shapes.enumerated().map { doubles($1, seed: UInt64($0 + 3)) }
    expectGradients(at: inputs) { each.function($0).square().sum() }
  }

  /// A function of its first operand; the others are constants.
  private struct Model: Layer, NamedParts {
    let each: Case
    let others: [Tensor]
    var parts: [(name: String, part: Any)] { [] }
    func forward(_ x: consuming Tensor) -> Tensor { each.function([x] + others) }
  }

  @Test(arguments: all) func compiledItHasTheSameBits(each: Case) throws {
    let inputs = Self.operands(each, try PyTorchFixture("operators"))
    let model = Model(each: each, others: Array(inputs.dropFirst()))
    expectSameBits(try model.compiled(for: inputs[0].shape)(inputs[0]), model(inputs[0]))
    #expect(try !ONNXFile(of: model, input: inputs[0].shape, options: ONNXOptions(batch: .fixed)).nodes.isEmpty)
    expectSameBits(try RuledPass(model, input: inputs[0].shape).value(of: inputs[0]), model(inputs[0]))
  }

  @Test(arguments: all) func aPlanHasItsShape(each: Case) throws {
    let inputs = Self.operands(each, try PyTorchFixture("operators"))
    let model = Model(each: each, others: Array(inputs.dropFirst()))
    #expect(try model.plan(input: inputs[0].shape).outputShape == model(inputs[0]).shape)
  }

  // MARK: Subscripts

  @Test func subscriptsTakePartsOfSeveralAxes() {
    let x = Tensor((0..<60).map { Float($0) }, shape: [3, 4, 5])
    let elements = x.array(of: Float.self)
    func expect(_ part: Tensor, _ shape: Shape, _ places: [Int], _ location: SourceLocation = #_sourceLocation) {
      #expect(
        part.shape == shape && part.array(of: Float.self) == places.map { elements[$0] }, sourceLocation: location)
    }
    expect(x[1, 2, 3], [], [33])
    expect(x[-1, -1, -1], [], [59])
    expect(x[-1, 0], [5], [40, 41, 42, 43, 44])
    expect(x[.all, 1...2, 4], [3, 2], [9, 14, 29, 34, 49, 54])
    expect(x[0, ..<(-2), (-2)...], [2, 2], [3, 4, 8, 9])
    expect(x[2..., ...1, .last(1)], [1, 2, 1], [44, 49])
    expect(x[0, 0, ...(-2)], [4], [0, 1, 2, 3])
    expect(x[0, 0, ...(-1)], [5], [0, 1, 2, 3, 4])
    expect(x[0, 0, .last(0)], [0], [])
    expect(x[0, 3..<3], [0, 5], [])
    expectSameBits(x[.all], x)
  }

  @Test func whatIsBeyondAnAxisIsAnErrorOfThePlan() {
    func text(_ take: @escaping @Sendable (Tensor) -> Tensor) -> String {
      let result = Result { try Model(each: Case("") { take($0[0]) }, others: []).plan(input: [2, 3]) }
      guard case .failure(let failure) = result else { return "" }
      return "\(failure)"
    }
    #expect(text { $0[.all, 3] }.contains("index 3 of axis 1 of a tensor of shape [2, 3], expected 0...2, or −3...−1"))
    #expect(text { $0[0, -4] }.contains("index -4 of axis 1"))
    #expect(
      text { $0[.all, 1...3] }.contains("range 1...3 of axis 1 of a tensor of shape [2, 3], expected places in 0...3"))
    #expect(text { $0[.last(3)] }.contains("range last(3) of a tensor of shape [2, 3], expected places in 0...2"))
    #expect(text { $0[2...] } == "")
    #expect(text { $0[Int.min] }.contains("index"))
    #expect(text { $0[Int.max...] }.contains("range"))
    #expect(text { $0[0, 0, 0] }.contains("index 0 of axis 2 of a tensor of shape [2, 3], expected at most 2"))
    #expect(text { $0.slice(axis: 1, range: 1..<4) }.contains("Slice 1..<4 of axis 1 of a tensor of shape [2, 3]"))
    #expect(text { $0.split(into: 2)[1] }.contains("axis -1 of [2, 3] into 2 parts of equal size"))
    #expect(text { $0.split(sizes: [1, 1])[0] }.contains("into [1, 1], expected sizes that add up to 3"))
    #expect(text { $0.squeezed(0) }.contains("Squeeze of axis 0 of [2, 3], expected size 1"))
    #expect(text { $0.tiled([2]) }.contains("Tile by [2], expected a number for each axis of [2, 3]"))
    #expect(text { Tensor.stacked([$0, $0.transposed()]) }.contains("takes float32 of one shape, [2, 3]"))
    #expect(text { $0.padded([(1, 1)]) }.contains("by 1 pairs of widths of a tensor of shape [2, 3]"))
    #expect(text { $0.padded([(0, 0), (0, 3)], mode: .reflect) }.contains("a reflection of 3 elements"))
    #expect(text { $0[0..<0].padded([(1, 0), (0, 0)], mode: .replicate) }.contains("which has no element"))
    #expect(text { $0.gather(Tensor.zeros([3, 1], .int32), axis: 1) }.contains("none of the other axes longer"))
    #expect(text { $0.scatterAdd(Tensor.zeros([2, 1], .int32), $0, axis: 1) }.contains("they are [2, 1] and [2, 3]"))
    #expect(text { $0.topK(4).values }.contains("TopK of 4 elements along axis 1 of [2, 3]"))
    #expect(text { pixelShuffle($0, factor: 2) }.contains("a multiple of 4 channels, input is [2, 3]"))
    #expect(text { gridSample($0, $0) }.contains("expects [N, H, W, C] and a grid [N, OH, OW, 2], they are [2, 3]"))
    #expect(text { softmax($0, axis: 2) }.contains("Softmax over axis 2 of a tensor of shape [2, 3]"))
  }

  @Test func aStepBeyondTheRangeTakesOneElement() {
    let x = Tensor([1, 2, 3, 4] as [Float])
    for step in [4, Int.max] { #expect(x.slice(axis: 0, range: 1..<4, by: step).array(of: Float.self) == [2]) }
    for step in [-3, Int.min] { #expect(x.slice(axis: 0, range: 1..<4, by: step).array(of: Float.self) == [4]) }
    #expect(x.slice(axis: 0, range: 0..<4, by: -3).array(of: Float.self) == [4, 1])
    #expect(x.slice(axis: 0, range: 2..<2, by: -1).shape == [0])
  }

  // MARK: Places

  @Test func anIndexBeyondTheAxisStopsWithItsPlaceAndValue() async {
    let taken = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = floats([3, 5], seed: 1).take(Tensor([0, 5] as [Int32]), axis: 1)
    }
    #expect(errorText(taken).contains("take: index 5 at 1, expected 0...4"))
    let gathered = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = floats([2, 3], seed: 1).gather(Tensor([0, 1, -1, 2] as [Int32], shape: [2, 2]), axis: 1)
    }
    #expect(errorText(gathered).contains("gather: index -1 at [1, 0], expected 0...2"))
    let added = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([0]).scatterAdd(Tensor([0] as [Int32]), Tensor([1]), axis: 0)
    }
    #expect(errorText(added).contains("scatterAdd: index 0 at 0, expected none, as the axis has no element"))
    let fraction = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = floats([3], seed: 1).take(Tensor([0.5]), axis: 0)
    }
    #expect(errorText(fraction).contains("take: index 0.5 at index 0, expected a whole number"))
  }

  @Test func ordersKeepEqualElementsAndPutNaNLast() {
    let x = Tensor([2, .nan, 1, 2, -.infinity, 1] as [Float])
    #expect(x.argSorted().array(of: Int32.self) == [4, 2, 5, 0, 3, 1])
    #expect(x.argSorted(descending: true).array(of: Int32.self) == [1, 0, 3, 2, 5, 4])
    #expect(x.topK(3).indices.array(of: Int32.self) == [1, 0, 3])
    #expect(x.topK(0).values.shape == [0])
    // Beyond what insertion does.
    let many = floats([3, 200], seed: 4)
    let sorted = many.gather(many.argSorted(), axis: 1)
    for row in 0..<3 { #expect(sorted[row].array(of: Float.self) == many[row].array(of: Float.self).sorted()) }
  }

  @Test func numbersAreRounded() {
    let x = Tensor([-1.5, -0.5, 0.5, 1.5, 2.5, 0.4] as [Float])
    #expect(x.floor().array(of: Float.self) == [-2, -1, 0, 1, 2, 0])
    #expect(x.ceil().array(of: Float.self) == [-1, 0, 1, 2, 3, 1])
    #expect(x.round().array(of: Float.self) == [-2, 0, 0, 2, 2, 0])
  }

  /// 0 to a power has the limit's derivatives, not NaN.
  @Test func powersOfZeroHaveGradients() {
    let (x, p) = (Tensor([0, 0, 2] as [Float]), Tensor([0, 3, 0] as [Float]))
    let gradients = valueWithGradients(at: [x, p]) { $0[0].power($0[1]).sum() }.gradients
    #expect(gradients[0]?.array(of: Float.self) == [0, 0, 0])
    expectClose(gradients[1]!, [0, 0, 0.693_147_2])
  }

  @Test func pixelsAndChannelsGoBothWays() {
    let x = floats([2, 4, 6, 3], seed: 1)
    for last in [true, false] {
      let channels = pixelUnshuffle(x, factor: 2, channelsLast: last)
      #expect(channels.shape == [2, 2, 3, 12])
      expectSameBits(pixelShuffle(channels, factor: 2, channelsLast: last), x)
      // Channel 1 of the block's pixel (0, 1): at 1·4 + 1 if channels come first, else at 1·3 + 1.
      let pixels = x[.all, .all, .all, 1].slice(axis: 1, range: 0..<4, by: 2).slice(axis: 2, range: 1..<6, by: 2)
      expectSameBits(channels[.all, .all, .all, last ? 4 : 5], pixels)
    }
  }

  @Test func indicesAreNoResultOfAGraph() {
    let each = Case("") { $0[0].argSorted() }
    expectError("a tensor of int32: a graph's is float32") {
      _ = try Model(each: each, others: []).compiled(for: [2, 3])
    }
  }

  // MARK: Axes

  @Test func axesOfSizeOneComeAndGo() {
    let x = floats([1, 2, 1, 3], seed: 1)
    #expect(x.squeezed().shape == [2, 3] && x.squeezed(-2).shape == [1, 2, 3])
    #expect(x.unsqueezed(0).shape == [1, 1, 2, 1, 3] && x.unsqueezed(-1).shape == [1, 2, 1, 3, 1])
    #expect(Tensor(2).unsqueezed(0).shape == [1])
  }

  @Test func numbersOfOtherTypesAreMovedToo() {
    let x = Tensor([1, 2, 3] as [Int32])
    #expect(x.padded([(1, 2)], mode: .constant(7)).array(of: Int32.self) == [7, 1, 2, 3, 7, 7])
    #expect(x.padded([(2, 2)], mode: .reflect).array(of: Int32.self) == [3, 2, 1, 2, 3, 2, 1])
    #expect(x.padded([(2, 1)], mode: .replicate).array(of: Int32.self) == [1, 1, 1, 2, 3, 3])
    #expect(x.tiled([2, 2]).array(of: Int32.self) == [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
    #expect(x.repeated(2, axis: 0).array(of: Int32.self) == [1, 1, 2, 2, 3, 3])
    #expect(Tensor.zeros([0, 2]).padded([(1, 1), (0, 0)]).shape == [2, 2])
  }

  @Test func softmaxOfAnyAxisIsAProbabilityToLosses() async {
    await #expect(processExitsWith: .failure) {
      _ = crossEntropy(softmax(floats([2, 3], seed: 1), axis: 0), Tensor([0, 1]))
    }
  }
}
