import Apus
import Testing

/// What `print` shows of models and plans, and which layer an error names.
@Suite struct ModelTextTests {
  struct Block: Layer {
    let conv: Conv2D
    let pools: [MaxPool2D] = [MaxPool2D(2, ceilMode: true)]
    let norm = BatchNorm(2)
    let act: any Layer = ReLU()
    let extra: Linear?

    init(_ conv: Conv2D, extra: Linear? = nil) {
      self.conv = conv
      self.extra = extra
    }

    func forward(_ x: Tensor) -> Tensor { act(norm(pools[0](conv(x)))) }
  }

  @Test func aModelIsATree() {
    let conv = Conv2D(2, 2, kernel: [1, 3], padding: .same, bias: false)
    let model = Sequential {
      Block(conv, extra: Linear(3, 4))
      Sequential { Conv2D(2, 1, kernel: 1) }
      Dropout(dropProbability: 0.25)
      conv
    }
    conv.weight.isTrainable = false
    let before = conv.weight.path
    #expect(
      "\(model)" == """
        Sequential: 35 parameters, 12 of them frozen
          0: Block              32
            conv: Conv2D        12  weight [1, 3, 2, 2] (frozen), stride 1×1, padding same, dilation 1×1, groups 1
            pools.0: MaxPool2D      kernel 2×2, stride 2×2, padding 0, ceilMode
            norm: BatchNorm      4  weight [2], bias [2], runningMean [2] (buffer), runningVariance [2] (buffer), momentum 0.1, epsilon 1e-05
            act: ReLU
            extra: Linear       16  weight [3, 4], bias [4]
          1: Sequential          3
            0: Conv2D            3  weight [1, 1, 2, 1], bias [1], stride 1×1, padding 0, dilation 1×1, groups 1
          2: Dropout                dropProbability 0.25, form inverted
          3: Conv2D                 weight is 0.conv.weight, stride 1×1, padding same, dilation 1×1, groups 1
        """)
    #expect(conv.weight.path == before)
    #expect("\(ReLU())" == "ReLU: 0 parameters")
    #expect(
      "\(Linear(2, 3))" == "Linear: 9 parameters  weight [2, 3], bias [3]")
  }

  /// Printing never stops a program.
  @Test func whatCannotBeShownIsSaid() {
    struct Hidden: Layer {
      let layers = ["a": Linear(2, 2)]
      let function: (Tensor) -> Tensor = { $0 }
      func forward(_ x: Tensor) -> Tensor { function(layers["a"]!(x)) }
    }
    let text = "\(Hidden())"
    #expect(text.hasPrefix("Hidden: 0 parameters\n"))
    #expect(text.contains("not shown: layers: a layer's state in a dictionary has no stable name"))
    #expect(text.contains("not shown: function: a closure may hold parameters"))
  }

  @Test func aPlanIsTheCommandsTable() throws {
    let model = LeNet5()
    let command = CommandTests()
    func printed(_ options: String...) throws -> String {
      try command.apus(words: ["summary", "lenet5", "--no-time", "--batch", "2"] + options).output
    }
    #expect(try printed("--phase", "inference") == "\(try model.plan(input: [2, 28, 28, 1]))\n")
    // The command has a few more totals, which may widen its columns.
    func lines(_ text: String) -> [[Substring]] { text.split(separator: "\n").map { $0.split(separator: " ") } }
    let step = "\(try model.planStep(input: [2, 28, 28, 1]))"
    #expect(step.contains("training step, peak memory:"))
    let table = lines(try printed())
    for line in every(lines(step)) { #expect(table.contains(line), "\(line)") }
    let forward = "\(try model.plan(input: [2, 28, 28, 1], phase: .training))"
    #expect(forward.contains("kept bytes") && forward.contains("kept for backward:") && !forward.contains("inference"))
  }

  struct Classifier: Layer {
    let features = Sequential {
      Conv2D(1, 4, kernel: 3)
      Sequential {
        ReLU()
        Conv2D(5, 4, kernel: 3)
      }
    }
    func forward(_ x: Tensor) -> Tensor { features(x) }
  }

  /// Nothing has read `parameters` in any of these.
  @Test func errorsNameLayers() async {
    let expected = "features.1.1: Conv2D expects 5 channels, input is [1, 6, 6, 4]"
    let training = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Classifier()
      _ = valueWithGradients(of: model) { model(Tensor.ones([1, 8, 8, 1])).sum() }
    }
    #expect(errorText(training).contains(expected))
    let pooling = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      struct Pooling: Layer {
        let stem = Sequential { Sequential { MaxPool2D(9) } }
        func forward(_ x: Tensor) -> Tensor { stem(x) }
      }
      let model = Pooling()
      _ = valueWithGradients(of: model) { model(Tensor.ones([1, 8, 8, 1])).sum() }
    }
    #expect(errorText(pooling).contains("stem.0.0: MaxPool2D with kernel 9×9"))
    let evaluation = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let batch = Batch(images: Tensor.ones([1, 8, 8, 1]), labels: Tensor([0] as [Int32]))
      _ = evaluate(Classifier(), on: [batch])
    }
    #expect(errorText(evaluation).contains(expected))
    let plain = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Classifier().features(Tensor.ones([1, 8, 8, 1]))
    }
    #expect(errorText(plain).contains("1.1: Conv2D expects 5 channels, input is [1, 6, 6, 4]"))
    // A model of one's own that is called as it is, from nowhere that knows it.
    let unknown = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Linear(2, 3)(Tensor.ones([1, 8]))
    }
    #expect(
      errorText(unknown).contains(
        "Linear expects 2 features, input is [1, 8]; try model.plan(input:), which names the layer"))
    let without = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Sequential {
        Flatten()
        Sequential { MaxPool2D(2) }
      }
      _ = model(Tensor.ones([1, 8, 8, 1]))
    }
    #expect(errorText(without).contains("1.0: MaxPool2D with kernel 2×2"))
  }

  @Test func aSequentialEndsItsScope() {
    let model = Sequential { Linear(2, 2) }
    #expect(model(Tensor.ones([1, 2])).shape == [1, 2])
    // A scope that stayed open would be one of inference.
    let (_, gradients) = valueWithGradients(of: model) { model(Tensor.ones([1, 2])).sum() }
    #expect(gradients.count == 2)
    #expect(model(Tensor.ones([1, 2])).shape == [1, 2])
  }
}
