import Apus
import Testing

/// Constructors of normalizations refuse nonsense with the values in the text.
@Suite struct NormalizationTrapTests {
  private func text(_ result: ExitTest.Result?) -> String { errorText(result) }

  @Test func epsilon() async {
    let zero = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchNorm(4, epsilon: 0)
    }
    #expect(text(zero).contains("BatchNorm: epsilon 0.0 must be above 0"))
    let negative = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GroupNorm(4, groups: 2, epsilon: -1e-3)
    }
    #expect(text(negative).contains("GroupNorm: epsilon -0.001 must be above 0"))
    let nan = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LayerNorm(4, epsilon: .nan)
    }
    #expect(text(nan).contains("LayerNorm: epsilon nan must be above 0"))
    let infinite = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = InstanceNorm(4, epsilon: .infinity)
    }
    #expect(text(infinite).contains("InstanceNorm: epsilon inf must be above 0 and finite"))
    let weights = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = WeightStandardizedConv2D(3, 4, kernel: 3, epsilon: 0)
    }
    #expect(text(weights).contains("WeightStandardizedConv2D: epsilon 0.0"))
  }

  @Test func gammaRhoAndMomentum() async {
    let gamma = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchNorm(4, gamma: -2)
    }
    #expect(text(gamma).contains("BatchNorm: the first gamma -2.0 must be finite and at least 0"))
    let group = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GroupNorm(4, groups: 2, gamma: .nan)
    }
    #expect(text(group).contains("GroupNorm: the first gamma nan"))
    let rho = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchInstanceNorm(4, rho: 1.5)
    }
    #expect(text(rho).contains("the first rho 1.5 is not in 0...1"))
    let momentum = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchNorm(4, momentum: -0.1)
    }
    #expect(text(momentum).contains("BatchNorm: momentum -0.1 is not in 0...1"))
  }

  @Test func sizes() async {
    let channels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = BatchNorm(0) }
    #expect(text(channels).contains("BatchNorm(0): at least one channel"))
    let activations = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchNorm(perActivation: [4, 0, 3])
    }
    #expect(text(activations).contains("BatchNorm(perActivation: [4, 0, 3])"))
    let groups = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GroupNorm(6, groups: 4)
    }
    #expect(text(groups).contains("GroupNorm(6, groups: 4): the groups must divide the channels"))
    let instance = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = InstanceNorm(-1)
    }
    #expect(text(instance).contains("InstanceNorm(-1)"))
    let layer = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LayerNorm([3, 0])
    }
    #expect(text(layer).contains("LayerNorm([3, 0])"))
    let single = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = WeightStandardizedConv2D(4, 4, kernel: 1, groups: 4)
    }
    #expect(text(single).contains("WeightStandardizedConv2D(4, 4, kernel: 1×1, groups: 4): one weight"))
  }

  @Test func localResponse() async {
    let size = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LocalResponseNorm(0)
    }
    #expect(text(size).contains("LocalResponseNorm(0, alpha: 0.0001, beta: 0.75, k: 1.0): the size must be at least 1"))
    let k = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = localResponseNorm(Tensor.ones([1, 3]), size: 3, alpha: -1, k: 0)
    }
    #expect(text(k).contains("localResponseNorm(3, alpha: -1.0, beta: 0.75, k: 0.0)"))
  }

  @Test func foldingWhatDoesNotFit() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = fold(Conv2D(3, 4, kernel: 1), BatchNorm(5), comparedOn: Tensor.ones([1, 2, 2, 3]))
    }
    #expect(text(result).contains("fold: a convolution of 4 output channels and a batch norm of channels [5]"))
  }

  @Test func trainingOnOneValueAChannel() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let norm = BatchNorm(perActivation: [2, 2, 3])
      _ = valueWithGradients(of: norm) { norm(Tensor.ones([1, 2, 2, 3])).sum() }
    }
    #expect(text(result).contains("in training needs more than one value per activation, input is [1, 2, 2, 3]"))
  }
}
