import Apus
import Foundation
import Testing

#if os(Linux)
  /// Megabytes of this process that are in memory.
  private func residentMegabytes() throws -> Int {
    let words = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return try #require(Int(words[1])) * sysconf(Int32(_SC_PAGESIZE)) >> 20
  }

  /// A process that trains for long with inputs of every size keeps what it had after the first tenth.
  @Suite struct SoakTests {
    @Test func tenThousandStepsOfChangingSizesKeepMemoryFlat() async {
      let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
        let model = Random.withSeed(1) {
          Sequential {
            Conv2D(3, 8, kernel: 3, padding: 1)
            BatchNorm(8)
            ReLU()
            MaxPool2D(2)
            ResidualBlock(8, 12, stride: 2)
            GlobalAveragePool2D()
            Flatten()
            Linear(12, 5)
          }
        }
        var optimizer = SGD(model.parameters, learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4)
        let steps = 10_000
        let words = Random.bits(seed: 5, stream: 9, first: 0, count: 3 * steps)
        var before = 0
        for step in 0..<steps {
          let shape: Shape = [
            2 + Int(words[3 * step] % 7), 4 + Int(words[3 * step + 1] % 29), 4 + Int(words[3 * step + 2] % 29), 3,
          ]
          let images = Tensor(Random.normal(seed: 1, stream: UInt64(step), count: shape.elementCount), shape: shape)
          let labels = Tensor((0..<shape[0]).map { Int32($0 % 5) }, shape: [shape[0]])
          let (_, gradients) = valueWithGradients(of: model) { crossEntropy(logits: model(images), labels: labels) }
          optimizer.step(gradients)
          if step == steps / 10 { before = try residentMegabytes() }
        }
        print("grew by \(try residentMegabytes() - before) MB")
      }
      let words = outputText(result).split(separator: " ")
      let growth = words.count == 4 ? Int(words[2]) : nil
      #expect(growth.map { $0 <= 8 } ?? false, "\(outputText(result))")
    }
  }
#endif
