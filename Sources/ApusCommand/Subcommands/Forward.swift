import Apus
import ArgumentParser

/// `apus forward NETWORK --weights FILE --input X.npy --output Y.npy`: a network's output for given numbers, to compare it with others.
struct Forward: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compute a network's output with the weights of a file, or that of an ONNX file.",
    discussion: """
      apus forward vgg16 --weights vgg16.pth --input x.npy --output logits.npy
      apus forward model.onnx --input x.npy --output y.npy

      Loading is strict: every tensor must be there with its shape, and no other. A file that does not state its layout is \
      read as PyTorch's.
      """)

  @Argument(
    help: ArgumentHelp(
      "The network, which apus zoo lists, or an ONNX file or a folder that apus import made of one.",
      valueName: "network|model.onnx"), completion: .file())
  var network: String

  @Option(help: "Weights for a network: a safetensors, npz or PyTorch file, or a run.", completion: .file())
  var weights: String?

  @OptionGroup var names: NameOptions

  @OptionGroup var features: FlattenedOption

  @Option(
    help:
      "A .npy file with a batch, [N, H, W, C]. Of an ONNX file with several inputs one for each, in the file's order.",
    completion: .file())
  var input: [String]

  @Option(
    name: [.long, .short],
    help: """
      The .npy file to write the output to, logits [N, classes]. Of an ONNX file with several outputs each goes to a file with its \
      name before the extension.
      """, completion: .file())
  var output: String

  @Option(
    help: """
      Order of the axes of images in .npy files, for an ONNX file: nhwc, as everywhere here, or nchw, as most ONNX files have them. \
      (default: nhwc)
      """, transform: OptionValue.oneOf(ImageLayout.allCases, default: .nhwc))
  var layout: ImageLayout?

  @Option(
    parsing: .unconditional,
    help: "Number of classes. (default: the one of the weights, from the last layer's tensors)",
    transform: OptionValue.whole(1...65536))
  var classes: Int?

  @Flag(
    help:
      "Compute as in training: batch norms use the batch's statistics. Dropout stays off, so that the output is not random."
  )
  var training = false

  @Option(help: "A .npy file with one label per image, for --gradients.", completion: .file())
  var labels: String?

  @Option(
    help: """
      A .safetensors file to write the gradients of the mean cross-entropy to, in PyTorch's names and layout; auxiliary heads \
      have weight 0.3.
      """, completion: .file())
  var gradients: String?

  @Option(
    help: """
      A .csv file to write rounding errors to: each layer's output and each gradient compared with float64, with the ReLUs and \
      maxima that float64 decides for itself and with the same decisions. Takes minutes for a large network.
      """, completion: .file())
  var rounding: String?

  @OptionGroup var form: JSONOption

  @OptionGroup var threads: ThreadOptions

  enum ImageLayout: String, CaseIterable { case nhwc, nchw }

  private struct Result: Encodable {
    /// What `--rounding` found: how often float64 decides otherwise at ReLUs and maxima, and the largest errors of gradients.
    struct Rounding: Encodable {
      var file: String
      var decisions, differing: Int
      var ownDecisions, sameDecisions: Double
    }
    /// The files that were read and written.
    var network, weights, output: String
    var tensors: Int
    /// Shape of the output.
    var logits: [Int]
    var gradients: String?
    var rounding: Rounding?
    var notes: [String]
  }

  func validate() throws {
    if input.isEmpty { throw ValidationError("Missing expected argument '--input <input>'") }
    let takesLoss = gradients != nil || rounding != nil
    if (labels != nil) != takesLoss { throw ValidationError("--labels and --gradients or --rounding go together") }
    if takesLoss && !training {
      throw ValidationError("--gradients and --rounding need --training")
    }
  }

  func run() throws {
    if try runsFile() { return }
    guard let weights else { throw ValidationError("Missing expected argument '--weights <weights>'") }
    if layout != nil { throw ValidationError("--layout applies only to ONNX files, and \(network) is a network") }
    if input.count > 1 { throw ValidationError("--input is given \(input.count) times, and \(network) takes one") }
    let images = try NumberFile.images(input[0])
    let file = try names.read(weights)
    let (model, receipt) = try NetworkCatalogue.make(
      network, weights: file, input: images.shape, classes: classes, flattened: features.orders)
    let phase = training ? Phase(dropout: false, batchStatistics: true, updatesState: false) : .inference
    let plan = try model.plan(input: images.shape, phase: phase)
    let labels = try labels.map { try readLabels($0, count: images.shape[0], classes: plan.outputShape.last ?? 1) }
    let logits = training ? withPhase(phase) { model(images) } : try model.compiled(for: images.shape)(images)
    try Npy.write(logits, to: output)
    if let labels, let gradients {
      let taken = valueWithGradients(of: model, in: phase) {
        trainingLoss(of: model, images: images, labels: labels)
      }.gradients
      try WeightsFile(
        source: gradients, tensors: try model.exported(taken, input: images.shape), recordedLayout: .pytorch
      ).write(to: gradients)
    }
    let rounded = try labels.flatMap { labels in
      try rounding.map {
        try write(
          RoundingComparison(of: model, phase: phase) { trainingLoss(of: model, images: images, labels: labels) },
          to: $0)
      }
    }
    if form.json {
      return Terminal.printLine(
        try JSONText.of(
          Result(
            network: network, weights: weights, output: output, tensors: receipt.matched.count,
            logits: Array(logits.shape), gradients: gradients, rounding: rounded, notes: receipt.notes)))
    }
    if let rounded {
      Terminal.printLine(
        "float64 decides \(rounded.differing.grouped) of \(rounded.decisions.grouped) ReLUs and maxima otherwise; largest error "
          + "of a gradient \(Float(rounded.ownDecisions)), with the same decisions \(Float(rounded.sameDecisions))")
    }
    Terminal.printLine("\(network), \(receipt.matched.count) tensors of \(weights): \(plan.outputShape) to \(output)")
    for note in receipt.notes { Terminal.printLine(note) }
  }

  private func write(_ comparison: RoundingComparison, to path: String) throws -> Result.Rounding {
    var lines = ["what,name,own_decisions,same_decisions"]
    lines += comparison.values.map { "\($0.operation),\($0.path),,\($0.error)" }
    lines += comparison.gradients.map { "gradient,\($0.path),\($0.ownDecisions),\($0.sameDecisions)" }
    try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
    return Result.Rounding(
      file: path, decisions: comparison.decisions, differing: comparison.differing,
      ownDecisions: comparison.gradients.map(\.ownDecisions).max() ?? 0,
      sameDecisions: comparison.gradients.map(\.sameDecisions).max() ?? 0)
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
