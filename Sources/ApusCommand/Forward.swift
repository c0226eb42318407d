import Apus
import ArgumentParser

/// `apus forward NETWORK --weights FILE --input X.npy --output Y.npy`: a network's output for given numbers, to compare it with others.
struct Forward: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compute a network's output with weights from a file.",
    discussion: """
      Weights are read strictly: every tensor must be there with its shape, and no other. A file that does not say its layout is taken \
      as PyTorch's.
      """)

  @Argument(help: "The network; apus catalogue and an unknown name tell what there is.")
  var network: String

  @Option(help: "A file of weights: safetensors, npz or PyTorch's, or a run.", completion: .file())
  var weights: String

  @OptionGroup var names: PrefixOption

  @Option(help: "A .npy file with a batch, [N, H, W, C].", completion: .file())
  var input: String

  @Option(help: "The .npy file for the output, logits [N, classes].", completion: .file())
  var output: String

  @Option(
    help: "Number of classes. (default: as many as the weights have: the size of the last layer's tensors in the file)")
  var classes: Int?

  @Flag(
    help:
      "As in training: batch norms take the batch's statistics. Dropout stays off, so that the output is not random.")
  var training = false

  @Option(help: "A .npy file with a label an image, for --gradients.", completion: .file())
  var labels: String?

  @Option(
    help: """
      A .safetensors file for the gradients of the mean cross-entropy, as in training, in PyTorch's names and layout; auxiliary heads \
      count 0.3.
      """, completion: .file())
  var gradients: String?

  @Option(
    help: """
      A .csv file for what rounding does: the error of each layer's output and of each gradient against float64, gradients with the ReLUs \
      and maxima that float64 decides for itself and with the same decisions. Takes minutes for a large network.
      """, completion: .file())
  var rounding: String?

  @Option(help: "Threads.")
  var threads: Int?

  func validate() throws {
    for case (let name, let value?) in [("--classes", classes), ("--threads", threads)] where value < 1 {
      throw ValidationError("\(name) is \(value), expected at least 1")
    }
    let takesLoss = gradients != nil || rounding != nil
    if (labels != nil) != takesLoss { throw ValidationError("--labels and --gradients or --rounding go together") }
    if takesLoss && !training {
      throw ValidationError("--gradients and --rounding are about --training, which is missing")
    }
  }

  func run() throws {
    if let threads { Runtime.threadCount = threads }
    let images = try batch()
    let file = try WeightsFile.read(weights, prefix: names.prefix)
    let (model, receipt) = try NetworkCatalogue.make(network, weights: file, input: images.shape, classes: classes)
    let phase = training ? Phase(dropout: false, batchStatistics: true, updatesState: false) : .inference
    let plan = try model.plan(input: images.shape, phase: phase)
    let labels = try labels.map { try readLabels($0, count: images.shape[0], classes: plan.outputShape.last ?? 1) }
    let logits = training ? withPhase(phase) { model(images) } : try model.compiled(for: images.shape)(images)
    try Npy.write(logits, to: output)
    if let labels, let gradients {
      let taken = valueWithGradients(of: model, phase: phase) {
        trainingLoss(of: model, images: images, labels: labels)
      }.gradients
      try WeightsFile(
        source: gradients, tensors: try model.exported(taken, input: images.shape), recordedLayout: .pytorch
      ).write(to: gradients)
    }
    if let labels, let rounding {
      try write(
        RoundingComparison(of: model, phase: phase) { trainingLoss(of: model, images: images, labels: labels) },
        to: rounding)
    }
    Terminal.printLine("\(network), \(receipt.matched.count) tensors of \(weights): \(plan.outputShape) to \(output)")
    for note in receipt.notes { Terminal.printLine(note) }
  }

  private func write(_ comparison: RoundingComparison, to path: String) throws {
    var lines = ["what,name,own_decisions,same_decisions"]
    lines += comparison.values.map { "\($0.operation),\($0.path),,\($0.error)" }
    lines += comparison.gradients.map { "gradient,\($0.path),\($0.ownDecisions),\($0.sameDecisions)" }
    try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
    func largest(_ error: (RoundingComparison.Gradient) -> Double) -> String {
      "\(Float(comparison.gradients.map(error).max() ?? 0))"
    }
    Terminal.printLine(
      "float64 decides \(comparison.differing.grouped) of \(comparison.decisions.grouped) ReLUs and maxima otherwise; largest error of a "
        + "gradient \(largest(\.ownDecisions)), with the same decisions \(largest(\.sameDecisions))")
  }

  private func batch() throws -> Tensor {
    let images = try Npy.read(input)
    if images.rank != 4 || images.elementCount == 0 {
      throw FileError(input, found: "shape \(images.shape)", expected: "a batch of images, [N, H, W, C]")
    }
    if !images.scalarType.isFloatingPoint {
      throw FileError(input, found: images.scalarType.rawValue, expected: "float32 or float64")
    }
    return images.cast(to: .float32)
  }

  private func readLabels(_ path: String, count: Int, classes: Int) throws -> Tensor {
    let labels = try Npy.read(path)
    if labels.shape != [count] || labels.scalarType != .int32 {
      throw FileError(
        path, found: "\(labels.scalarType.rawValue) of shape \(labels.shape)",
        expected: "an integer for each of \(count) images")
    }
    if let wrong = labels.array(of: Int32.self).first(where: { !(0..<classes).contains(Int($0)) }) {
      throw FileError(path, found: "label \(wrong)", expected: "0 to \(classes - 1)")
    }
    return labels
  }
}
