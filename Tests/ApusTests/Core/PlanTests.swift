import Apus
import Testing

@Suite struct PlanTests {
  @Test func lenetIsTheKnownOne() throws {
    let plan = try LeNet5().plan(input: [1, 28, 28, 1])
    #expect(plan.outputShape == [1, 10])
    #expect(plan.parameters == 61_706)
    #expect(plan.multiplyAdds == 117_600 + 240_000 + 48_000 + 10_080 + 840)
    let convolutions = plan.rows.filter { $0.operation == "Conv2D" }
    #expect(convolutions.map(\.path) == ["features.0", "features.3"])
    #expect(convolutions.map(\.outputShape) == [[1, 28, 28, 6], [1, 10, 10, 16]])
    #expect(plan.rows.filter { $0.operation == "MaxPool2D" }.map { "\($0.receptiveField!)" } == ["6×6", "16×16"])
    #expect(plan.rows.map(\.path).contains("features.1"))
    #expect(plan.bytesKeptForBackward == 0)
  }

  @Test func rowsSayWhatEachPassTakesAndWhy() throws {
    let plan = try LeNet5().plan(input: [4, 28, 28, 1])
    let chosen = plan.rows.filter { !$0.choices.isEmpty }
    #expect(chosen.map(\.operation) == ["Conv2D", "Conv2D", "Linear", "Linear", "Linear"])
    for row in chosen {
      #expect(row.choices.map(\.pass) == [.forward, .backwardData, .backwardWeights])
      #expect(row.implementation == row.choices[0].chosen.implementation)
      for choice in row.choices {
        let answers = choice.declined + [choice.chosen]
        #expect(answers.allSatisfy { !$0.reason.isEmpty } && Set(answers.map(\.implementation)).count == answers.count)
      }
    }
    // Who comes first in the C core's list and cannot take a whole image's channels declines, with its reason.
    let first = try #require(chosen[1].choices[0].declined.first)
    #expect(first.implementation == "depthwise")
    let text = "\(chosen[1].choices[0])"
    #expect(
      text.hasPrefix("forward: \(chosen[1].implementation!), ") && text.contains("depthwise declined: \(first.reason)"))
  }

  @Test func aTransposedConvolutionTakesTheGradientsOfAConvolution() throws {
    let forward = try Conv2D(16, 8, kernel: 3, padding: 1).plan(input: [2, 12, 12, 16]).rows[0].choices
    let back = try ConvTranspose2D(8, 16, kernel: 3, padding: 1).plan(input: [2, 12, 12, 8]).rows[0].choices
    #expect(back.map(\.pass) == [.forward, .backwardData, .backwardWeights])
    #expect(back.map(\.chosen) == [forward[1].chosen, forward[0].chosen, forward[2].chosen])
  }

  @Test func trainingKeepsActivations() throws {
    let plan = try LeNet5().plan(input: [64, 28, 28, 1], phase: .training)
    // Convolution outputs after ReLU, pool outputs and masks, linear outputs: at least these, each once.
    let convolutions = 64 * (28 * 28 * 6 + 10 * 10 * 16) * 4
    #expect(plan.bytesKeptForBackward > convolutions)
    #expect(plan.bytesKeptForBackward < convolutions * 3 / 2)
    #expect(plan.peakActivationBytes >= plan.bytesKeptForBackward)
  }

  @Test func theFirstErrorNamesItsLayer() {
    let model = Sequential {
      Conv2D(3, 8, kernel: 3, padding: 1)
      Sequential {
        Conv2D(9, 8, kernel: 3)
        ReLU()
      }
      Flatten()
      Linear(7, 2)
    }
    do {
      _ = try model.plan(input: [1, 8, 8, 3])
      Issue.record("no error")
    } catch {
      #expect("\(error)" == "1.0: Conv2D expects 9 channels, input is [1, 8, 8, 8]")
    }
  }

  @Test func laterErrorsDoNotReplaceTheFirst() {
    struct Broken: Layer {
      let conv = Conv2D(9, 8, kernel: 3)
      func forward(_ x: Tensor) -> Tensor { conv(x) + Tensor.ones([5]) }
    }
    #expect { try Broken().plan(input: [1, 8, 8, 3]) } throws: {
      "\($0)" == "conv: Conv2D expects 9 channels, input is [1, 8, 8, 3] (in Broken)"
    }
  }

  @Test func aWrongLinearLayerIsFound() {
    let model = Sequential {
      Flatten()
      Linear(100, 2)
    }
    #expect { try model.plan(input: [2, 5, 5, 3]) } throws: {
      "\($0)" == "1: Linear expects 100 features, input is [2, 75]"
    }
  }

  @Test func batchNormOverOneValueIsRefusedInTraining() throws {
    let model = Sequential {
      Linear(4, 3)
      BatchNorm(3)
    }
    _ = try model.plan(input: [1, 4])
    #expect(throws: PlanError.self) { try model.plan(input: [1, 4], phase: .training) }
    _ = try model.plan(input: [8, 4], phase: .training, samples: 24)
    #expect { try model.plan(input: [8, 4], phase: .training, samples: 25) } throws: {
      "\($0)".contains("last batch of 1")
    }
  }

  @Test func theSameTextTrapsOutsideAPlan() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Sequential { Conv2D(3, 8, kernel: 3) }
      _ = model.parameters
      _ = model(Tensor.ones([1, 8, 8, 4]))
    }
    #expect(errorText(result).contains("0: Conv2D expects 3 channels, input is [1, 8, 8, 4]"))
  }

  @Test func crossEntropyRefusesASoftmax() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: softmax(Tensor.ones([1, 3])), labels: Tensor([0] as [Int32]))
    }
    #expect(errorText(result).contains("leave the softmax out"))
    let label = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: Tensor.ones([1, 3]), labels: Tensor([3] as [Int32]))
    }
    #expect(errorText(label).contains("label 3 at index 0, expected 0...2"))
  }
}
