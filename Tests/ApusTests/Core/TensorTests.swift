import Apus
import Testing

@Suite struct TensorTests {
  @Test func meansDivideByWhatTheySum() {
    let x = Tensor([1, 2, 3, 4, 5, 9] as [Float], shape: [2, 3])
    #expect(x.mean(axes: [1]).array(of: Float.self) == [2, 6])
    #expect(x.mean(axes: [0]).array(of: Float.self) == [2.5, 3.5, 6])
    #expect(x.mean().item() == 4)
  }

  @Test func equalMaximaShareTheGradient() {
    let (_, gradients) = valueWithGradients(at: [Tensor([2, 5, 5, 1] as [Float])]) { $0[0].max() }
    #expect(gradients[0]?.array(of: Float.self) == [0, 0.5, 0.5, 0])
  }

  @Test func arithmeticBroadcasts() {
    let a = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    let row = Tensor([10, 20, 30] as [Float])
    let column = Tensor([100, 200] as [Float], shape: [2, 1])
    #expect((a + row).array(of: Float.self) == [11, 22, 33, 14, 25, 36])
    #expect((a - column).array(of: Float.self) == [-99, -98, -97, -196, -195, -194])
    #expect((row * column).array(of: Float.self) == [1000, 2000, 3000, 2000, 4000, 6000])
    #expect((a / 2).array(of: Float.self) == [0.5, 1, 1.5, 2, 2.5, 3])
    #expect((1 - a).array(of: Float.self) == [0, -1, -2, -3, -4, -5])
    #expect((12 / a).array(of: Float.self) == [12, 6, 4, 3, 2.4, 2])
    #expect((-a).array(of: Float.self) == [-1, -2, -3, -4, -5, -6])
    #expect(Tensor.maximum(a, Tensor([3.5] as [Float])).array(of: Float.self) == [3.5, 3.5, 3.5, 4, 5, 6])
    #expect(Tensor.minimum(a, Tensor([3.5] as [Float])).array(of: Float.self) == [1, 2, 3, 3.5, 3.5, 3.5])
  }

  @Test func operatorsDoNotChangeTheirOperands() {
    let a = Tensor([1, 2, 3] as [Float])
    var b = a
    b += a
    b *= Tensor([2] as [Float])
    _ = relu(-a)
    _ = a.exp()
    #expect(a.array(of: Float.self) == [1, 2, 3])
    #expect(b.array(of: Float.self) == [4, 8, 12])
  }

  @Test func reducesAxes() {
    let x = Tensor((0..<24).map(Float.init), shape: [2, 3, 4])
    #expect(x.sum().item() == 276)
    #expect(x.mean().item() == 11.5)
    #expect(x.sum(axes: [1]).shape == [2, 4])
    #expect(x.sum(axes: [0, 2]).array(of: Float.self) == [60, 92, 124])
    #expect(x.sum(axes: [-1], keepingAxes: true).shape == [2, 3, 1])
    #expect(x.max(axes: [0, 1]).array(of: Float.self) == [20, 21, 22, 23])
    #expect(x.min(axes: [2]).array(of: Float.self) == [0, 4, 8, 12, 16, 20])
    expectClose(x.variance(), [575.0 / 12])
    #expect(x.sum(axes: []).array(of: Float.self) == x.array(of: Float.self))
  }

  @Test func findsTheFirstMaximum() {
    let x = Tensor([1, 7, 7, 3, 9, 2] as [Float], shape: [2, 3])
    #expect(x.argmax().array(of: Int32.self) == [1, 1])
    #expect(x.argmax(axis: 0).array(of: Int32.self) == [1, 1, 0])
    #expect(Tensor([1, .nan, 5] as [Float]).argmax().item() == 1)
  }

  @Test func movesElements() {
    let x = Tensor((0..<6).map(Float.init), shape: [2, 3])
    #expect(x.transposed().array(of: Float.self) == [0, 3, 1, 4, 2, 5])
    #expect(x.reshaped(3, -1).shape == [3, 2])
    #expect(x[1].array(of: Float.self) == [3, 4, 5])
    #expect(x.slice(axis: 1, range: 1..<3).array(of: Float.self) == [1, 2, 4, 5])
    #expect(Tensor.concatenated([x, x], axis: 1).array(of: Float.self) == [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5])
    #expect(Tensor.concatenated([x, x[0..<1]], axis: 0).shape == [3, 3])
    #expect(Tensor([1, 2] as [Float], shape: [2, 1]).broadcast(to: [2, 2]).array(of: Float.self) == [1, 1, 2, 2])
    let cube = Tensor((0..<24).map(Float.init), shape: [2, 3, 4])
    #expect(cube.transposed([2, 0, 1])[1].array(of: Float.self) == [1, 5, 9, 13, 17, 21])
  }

  @Test func multipliesMatrices() {
    let a = Tensor((1...6).map(Float.init), shape: [2, 3])
    let b = Tensor((1...12).map(Float.init), shape: [3, 4])
    #expect(matmul(a, b).array(of: Float.self) == [38, 44, 50, 56, 83, 98, 113, 128])
    let batch = Tensor((1...12).map(Float.init), shape: [2, 2, 3])
    #expect(matmul(batch, b)[0].array(of: Float.self) == matmul(a, b).array(of: Float.self))
    let pairs = Tensor((1...24).map(Float.init), shape: [2, 3, 4])
    #expect(matmul(batch, pairs)[1].array(of: Float.self) == matmul(batch[1], pairs[1]).array(of: Float.self))
  }

  @Test func comparesAndSelects() {
    let a = Tensor([1, 2, 3] as [Float])
    #expect((a .> Tensor([2] as [Float])).array(of: UInt8.self) == [0, 0, 1])
    #expect((a .== a).array(of: UInt8.self) == [1, 1, 1])
    #expect(Tensor.select(a .>= Tensor([2] as [Float]), a, -a).array(of: Float.self) == [-1, 2, 3])
    #expect((Tensor([.nan] as [Float]) .== Tensor([.nan] as [Float])).item() == 0)
  }

  @Test func convertsScalarTypes() {
    let x = Tensor([-1.7, 0, 2.9, 300, .nan] as [Float])
    #expect(x.cast(to: .int32).array(of: Int32.self) == [-1, 0, 2, 300, 0])
    #expect(x.cast(to: .uint8).array(of: UInt8.self) == [0, 0, 2, 255, 0])
    #expect(Tensor([3, 4] as [Int32]).cast(to: .float64).array(of: Double.self) == [3, 4])
  }

  @Test func functionsOfElements() {
    let x = Tensor([0.5, 1, 4] as [Float])
    expectClose(x.exp(), [1.6487212707, 2.7182818285, 54.598150033])
    expectClose(x.log(), [-0.6931471806, 0, 1.3862943611])
    expectClose(x.sqrt(), [0.7071067812, 1, 2])
    expectClose(x.power(3), [0.125, 1, 64])
    expectClose((-x).abs(), [0.5, 1, 4])
    expectClose((x - 1).sign(), [-1, 0, 1])
    expectClose(x.reciprocal(), [2, 1, 0.25])
    #expect(relu(Tensor([-1, 0, 2, .nan] as [Float])).array(of: Float.self).prefix(3) == [0, 0, 2])
    #expect(relu(Tensor([.nan] as [Float])).item().isNaN)
  }

  @Test func mixedTypesTrapWithTheirNames() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1] as [Float]) + Tensor([1] as [Int32])
    }
    #expect(errorText(result).contains("Add of a tensor of float32 and one of int32"))
  }

  @Test func shapesThatDoNotBroadcastTrapWithThem() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 3]) * Tensor.ones([4])
    }
    #expect(errorText(result).contains("[2, 3] and [4]"))
  }
}
