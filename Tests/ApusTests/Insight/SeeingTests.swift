import Apus
import Testing

/// What layers look for and find: places are the plan's.
@Suite struct SeeingTests {
  /// Padding that is not the same on both sides, strides, dilation and branches.
  private static func network() -> Sequential {
    Sequential {
      Conv2D(1, 2, kernel: [5, 3], stride: [2, 1], padding: .explicit(top: 2, left: 0, bottom: 1, right: 1))
      MaxPool2D(3, stride: 2, padding: 1)
      Concatenation([Conv2D(2, 2, kernel: 1), Conv2D(2, 2, kernel: 3, padding: 2, dilation: 2)])
      Pad2D(1)
      AveragePool2D([2, 3], stride: 1)
    }
  }

  /// Positive weights: a unit depends on exactly its receptive field, and on all of it but what max pooling left out.
  @Test(arguments: ["0", "2", "2.0", "3", "4"]) func fieldsAreThePlans(path: String) throws {
    let layers = SeeingTests.network()
    // Averages in place of maxima, which would let only winners through.
    let model = Sequential {
      layers.layers[0]
      AveragePool2D(3, stride: 2, padding: 1)
      layers.layers[2]
      layers.layers[3]
      layers.layers[4]
    }
    for entry in model.parameters { entry.parameter.value = floats(entry.parameter.shape, seed: 2).abs() + 0.1 }
    let x = floats([1, 28, 24, 1], seed: 3)
    let field = try Seeing.receptiveField(of: model, at: path, input: x.shape)
    let effective = try Seeing.effectiveReceptiveField(of: model, at: path, images: x)
    let shape = try FeatureExtractor(model, at: path, input: [28, 24, 1]).outputShape
    let top = field.start.height + shape[0] / 2 * field.jump.height
    let left = field.start.width + shape[1] / 2 * field.jump.width
    let values = effective.array(of: Float.self)
    let moved = values.indices.filter { values[$0] > 0 }
    let (rows, columns) = (moved.map { $0 / 24 }.sorted(), moved.map { $0 % 24 }.sorted())
    #expect(rows.first == max(0, top) && rows.last == min(28, top + field.height) - 1, "rows of \(path)")
    #expect(columns.first == max(0, left) && columns.last == min(24, left + field.width) - 1, "columns of \(path)")
  }

  @Test func theLargestActivationsAreInTheirPatches() throws {
    let model = SeeingTests.network()
    let images = floats([5, 28, 24, 1], seed: 4)
    let patches = try Seeing.maximalPatches(of: model, at: "2", channels: [1, 3], images: images, count: 4)[1]
    func rows(_ images: Tensor) throws -> Tensor {
      let maps = try features(of: model, at: "2", images).slice(axis: 3, range: 3..<4)
      return maps.reshaped([images.shape[0], maps.elementCount / images.shape[0]])
    }
    let maps = try rows(images)
    let strongest = maps.max(axes: [1]).array(of: Float.self)
    #expect(patches.map(\.value) == Array(strongest.sorted(by: >).dropLast()))
    for patch in every(patches) {
      #expect(strongest[patch.image] == patch.value)
      // What is outside of it changes nothing there.
      let (inside, columns) = patch.visible(inHeight: 28, width: 24)
      let bytes = (0..<28 * 24).map { pixel -> UInt8 in
        inside.contains(pixel / 24) && columns.contains(pixel % 24) ? 1 : 0
      }
      let image = images.slice(axis: 0, range: patch.image..<patch.image + 1)
      let alone = Tensor.select(Tensor(bytes, shape: [1, 28, 24, 1]), image, .full([], 0.25))
      let place = Int(maps[patch.image].argmax().item())
      #expect(try rows(alone).array(of: Float.self)[place] == patch.value)
    }
    #expect(throws: PathError.self) { try Seeing.maximalPatches(of: model, at: "9", channels: [0], images: images) }
    #expect(throws: AttributionError.self) {
      try Seeing.maximalPatches(of: model, at: "2", channels: [0, 4], images: images)
    }
  }

  @Test func filtersAreAConvolutionsWeights() throws {
    let model = SeeingTests.network()
    expectSameBits(try Seeing.filters(of: model, at: "0"), model.parameters[0].parameter.value)
    #expect(Seeing.convolutions(of: model).map(\.path) == ["0", "2.0", "2.1"])
    let error = #expect(throws: PathError.self) { try Seeing.filters(of: model, at: "2.3") }
    #expect(error?.description == "\"2.3\" is not one of the model's 3 convolutions; the nearest are 2.0, 2.1, 0")
  }
}
