import Apus
import ArgumentParser

/// `apus look RUN --what WHAT IMAGE…`: pictures of what a network sees.
struct Look: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a network sees: filters, activations, and what a class's score depends on.",
    discussion: """
      apus look runs/digits --what saliency,grad-cam
      apus look runs/flowers --what occlusion rose.jpg --class tulip
      apus look resnet18 --weights resnet18.pth --what filters,integrated-gradients cat.jpg

      Without images it takes the first of those that the run held out for its test. What can be shown:
      \(LookMethod.list)
      """)

  @Argument(
    help: ArgumentHelp(
      "A run, its model.safetensors, or a folder that apus import made; with --weights, the name of a network.",
      valueName: "run|network"), completion: .file())
  var network: String

  @Argument(help: "Image files, or folders of them.", completion: .file())
  var images: [String] = []

  @Option(
    help: "What to show, one or several of the list above: --what saliency,grad-cam.", transform: LookMethod.parse)
  var what: [LookMethod]

  @Option(help: "Weights for the network: a safetensors, npz or PyTorch file, or a run.", completion: .file())
  var weights: String?

  @OptionGroup var names: NameOptions

  @Option(
    name: [.long, .short], help: "The folder for the pictures and their page. (default: look)", completion: .directory)
  var out = "look"

  @Option(
    name: .customLong("class"),
    help: "The class whose score is explained, by its name or number. (default: the one predicted for each image)")
  var asked: String?

  @Option(
    help: """
      Path of the layer for what is shown of one: layer4, layer4.1.conv2. (default: the last convolution, with the normalization, sum \
      and activation behind it; filters: of all convolutions; pca, tsne: the layer before the last linear one; dream: a class's score)
      """)
  var at: String?

  @Option(
    parsing: .unconditional, help: "Seed of what is random: the noise of smoothgrad and dream. (default: 0)",
    transform: OptionValue.seed)
  var seed: UInt64 = 0

  @Option(
    parsing: .unconditional,
    help:
      "About how many neighbors a point of tsne has, often 5 to 50; three times as many images are needed. (default: 30)",
    transform: OptionValue.number("above 1") { $0 > 1 })
  var perplexity = 30.0

  @OptionGroup var form: JSONOption

  @OptionGroup var threads: ThreadOptions

  private struct Result: Encodable {
    var what: String
    var file: String
    var caption: String
  }

  func validate() throws {
    if names.prefix != nil && weights == nil { throw ValidationError("--prefix requires --weights") }
  }

  func run() throws {
    let file = try weights.map { try names.read($0) }
    if file == nil, try ImportedModel(network) == nil {
      try ModelSource(network).check()
      if try SegmentationModel.readIfSegmentation(ModelSource(network).file) != nil {
        throw ValidationError(
          "\(network) gives a class for every pixel: apus look takes classifiers, which give one score per class")
      }
    }
    let source = try NetworkSource(network, weights: file)
    let subject = try LookSubject(
      source, images: LookSubject.Images(images, of: network, source, isRun: weights == nil), asked: asked, at: at,
      seed: seed, perplexity: perplexity, showsProgress: !form.json)
    for note in source.notes + subject.notes { Terminal.printError("note: \(note)") }
    // Every picture is made before the first file is written: what is not possible is found at once.
    let made = try what.map { method in (method, try method.pictures(subject)) }
    var page = try LookPage(folder: out, network: network, summary: subject.summary)
    var results: [Result] = []
    for (method, pictures) in made {
      for (picture, file) in zip(pictures, try page.write(pictures, of: method)) {
        results.append(Result(what: method.name, file: file, caption: picture.caption))
      }
    }
    try page.finish()
    if form.json { return Terminal.printLine(try JSONText.of(results)) }
    for result in results { Terminal.printLine("\(result.file): \(result.caption)") }
    Terminal.printLine("page: \(out)/index.html")
  }
}
