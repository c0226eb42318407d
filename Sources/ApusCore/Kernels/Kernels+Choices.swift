import ApusSupport
import CApus

extension Kernels {
  /// What the passes of a convolution take, by the shapes of x and w.
  package static func choices(_ x: Shape, _ w: Shape, _ settings: ConvolutionSettings) -> [KernelChoice] {
    KernelChoice.Pass.allCases.map { ConvolutionKernel(.init($0), x, w, settings).choice(for: $0) }
  }

  /// What the passes of a transposed convolution take, by the shapes of its output and w: it is a convolution's gradient, and that
  /// convolution is its own.
  package static func choices(transposed output: Shape, _ w: Shape, _ settings: ConvolutionSettings) -> [KernelChoice] {
    let passes: [(ConvolutionKernel.Pass, KernelChoice.Pass)] = [
      (.backwardData, .forward), (.forward, .backwardData), (.backwardWeights, .backwardWeights),
    ]
    return passes.map { ConvolutionKernel($0, output, w, settings).choice(for: $1) }
  }

  /// What a · b and its gradients take.
  package static func choices(product a: Shape, _ b: Shape, _ precision: Precision) -> [KernelChoice] {
    let y = Shape(a.dropLast() + [b[b.count - 1]])
    return [
      MatrixProductKernel(a, b, precision: precision).choice(for: .forward),
      MatrixProductKernel(y, b, transposeB: true, precision: precision).choice(for: .backwardData),
      MatrixProductKernel(a, y, transposeA: true).choice(for: .backwardWeights),
    ]
  }
}

extension ConvolutionKernel.Pass {
  fileprivate init(_ pass: KernelChoice.Pass) {
    switch pass {
    case .forward: self = .forward
    case .backwardData: self = .backwardData
    case .backwardWeights: self = .backwardWeights
    }
  }
}

extension KernelChoice {
  /// Of a plan's answers: `ask` writes at most `count` and returns their number.
  init(_ pass: Pass, count: Int32, _ ask: (UnsafeMutablePointer<apus_plan_reason>) -> Int32) {
    let answers = [apus_plan_reason](unsafeUninitializedCapacity: Int(count)) { buffer, filled in
      filled = Int(ask(buffer.baseAddress!))
    }
    func answer(_ reason: apus_plan_reason) -> Answer {
      Answer(implementation: String(cString: reason.implementation), reason: String(cString: reason.text))
    }
    guard let chosen = answers.first(where: { $0.chosen != 0 }) else { fatalError("a plan chose no implementation") }
    self.init(
      pass: pass, chosen: answer(chosen), declined: answers.filter { $0.chosen == 0 }.map(answer))
  }
}
