import Apus
import Testing

/// Comparisons with numbers and across types, and what is made of them.
@Suite struct ComparisonTests {
  private func bits(_ x: Tensor) -> [UInt8] { x.array(of: UInt8.self) }

  @Test func withANumber() {
    let x = Tensor([-1, 0, 2])
    let all: [(Tensor, [UInt8])] = [
      (x .== 0, [0, 1, 0]), (x .!= 0, [1, 0, 1]), (x .< 0, [1, 0, 0]), (x .<= 0, [1, 1, 0]), (x .> 0, [0, 0, 1]),
      (x .>= 0, [0, 1, 1]), (0 .== x, [0, 1, 0]), (0 .!= x, [1, 0, 1]), (0 .< x, [0, 0, 1]), (0 .<= x, [0, 1, 1]),
      (0 .> x, [1, 0, 0]), (0 .>= x, [1, 1, 0]),
    ]
    for (value, expected) in every(all) { #expect(bits(value) == expected) }
    // As the tensor has it.
    #expect(bits(Tensor([0.1]) .== 0.1) == [1])
    #expect(bits(Tensor([0.1] as [Double]) .== 0.1) == [1])
    #expect(bits(Tensor([1, 2, 3] as [Int32]) .> 1.5) == [0, 1, 1])
    #expect(bits(Tensor([1, 2, 3] as [UInt8]) .< 300) == [1, 1, 1])
    #expect(bits(Tensor([1, 2] as [Int32]) .== 2) == [0, 1])
    #expect(bits(Tensor([1] as [Int32]) .== .nan) == [0])
  }

  @Test func acrossTypes() {
    let labels = Tensor([0, 1, 16_777_217] as [Int32])
    // 2²⁴ + 1 is no float32: it must not be rounded to its neighbor.
    #expect(bits(labels .== Tensor([0, 2, 16_777_216])) == [1, 0, 0])
    #expect(bits(Tensor([0, 1, 3]) .== Tensor([0, 1, 2] as [UInt8])) == [1, 1, 0])
    #expect(bits(Tensor([0, 1, 255] as [UInt8]) .== Tensor([0, 1, 255] as [Int32])) == [1, 1, 1])
    #expect(bits(Tensor([0.5] as [Double]) .> Tensor([0] as [Int32])) == [1])
  }

  @Test func floatsOfTwoWidthsAreStillRefused() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      print(Tensor([0.1]) .== Tensor([0.1] as [Double]))
    }
    #expect(errorText(result).contains("Compare of a tensor of float32 and one of float64"))
  }

  @Test func sumsCountAndMeansAreFractions() {
    let mask = Tensor([1, 2, 3, 4]) .> 1
    #expect(mask.sum().scalarType == .int32 && mask.sum().item() == 3)
    #expect(mask.mean().scalarType == .float32 && mask.mean().item() == 0.75)
    expectClose(mask.reshaped([2, 2]).mean(axes: [1]), [0.5, 1])
    #expect(mask.reshaped([2, 2]).sum(axes: [0], keepingAxes: true).array(of: Int.self) == [1, 2])
    // More elements than a sum of the largest could have: counted in float64.
    #expect(Tensor.full([9_000_000], 1, .uint8).sum().item() == 9_000_000)
  }

  @Test func aSumThatInt32CannotHoldIsRefused() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.full([9_000_000], 255, .uint8).sum()
    }
    #expect(errorText(result).contains("2295000000.0 is more than int32 holds: cast(to: .float64)"))
  }
}
