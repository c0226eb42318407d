import ApusCore
import ApusLayers
import ApusSupport

/// Weights that cannot be given to a model, or taken from it.
public enum WeightsError: Error, Sendable, CustomStringConvertible {
  /// Names or shapes differ; nothing was changed.
  case doesNotFit(LoadReceipt)
  /// It is not known in what order the layer at a path lists its inputs, which PyTorch's layout depends on.
  case unknownOrder(String, OrderProblem)
  /// The model's names are found in a file with several prefixes, with the same number of them: `WeightsFile.prefix` chooses.
  case ambiguous(_ source: String, _ prefixes: [String], count: Int)
  /// No tensor of a file has the prefix that was asked for; `choices` are those with most of the model's names.
  case noSuchPrefix(_ source: String, _ prefix: String, choices: [String])
  /// A file has the weights of another network of the catalogue. The shapes are of the first filters, [KH, KW, C / groups, K].
  case otherNetwork(_ source: String, found: String, foundFilters: Shape, network: String, filters: Shape)
  /// A rule of `WeightsFile.renaming` that no tensor's name begins with, or two names of a file that become one.
  case cannotRename(_ source: String, _ problem: String)
  /// Weights for images with another number of channels.
  case otherChannels(_ source: String, expected: Int, images: Int)

  /// Why the order of a layer's inputs is not known.
  public enum OrderProblem: Hashable, Sendable {
    /// It is behind a flattened image (or may be), and no input shape was given to find the image's size with.
    case noInput
    /// The axes of the flattened image have changed places here, or in PyTorch's code: how the file lists them is for the caller to
    /// say. `sizes`: of the axes as they were flattened, such as `height 7`.
    case open(by: String, sizes: [String])
    /// An operation between the flattened image and the layer moves or joins features.
    case moved(by: String)
    /// An order was given for a layer that is not behind a flattened image.
    case notFlattened
    /// The forward pass does not come to the layer.
    case notReached
  }

  /// One line: what is wrong and, if that is known, what to do about it.
  public var description: String {
    switch self {
    case .doesNotFit(let receipt): receipt.refusal
    case .unknownOrder(let path, .open(let operation, let sizes)):
      """
      \(path): its inputs are a flattened image, \(sizes.joined(separator: " × ")), behind \(operation), and in what order the file \
      lists them depends on PyTorch's code: say it, as in flattened: ["\(path)": .chw] (--flattened \(path)=chw), where \
      x.permute(0, 3, 2, 1) before the flatten is .whc
      """
    case .unknownOrder(let path, let problem): "\(path): \(problem)"
    case .cannotRename(let source, let problem): "\(source): \(problem)"
    case .ambiguous(let source, let prefixes, let count):
      """
      \(source): weights for \(count) of the model's names each below \(NameList.text(prefixes.map(JSONScanner.shown))); choose with \
      --prefix \(JSONScanner.plain(prefixes[0])) (prefix: in Swift)
      """
    case .noSuchPrefix(let source, let prefix, let choices):
      "\(source): no tensor below \(JSONScanner.shown(prefix)), expected \(Self.prefixes(choices))"
    case .otherNetwork(let source, let found, let foundFilters, let network, let filters):
      foundFilters == filters
        ? "\(source): weights of \(found) do not fit \(network)"
        : """
        \(source): weights of \(found) (first filters \(Self.sizes(foundFilters))) do not fit \(network) (\(Self.sizes(filters)))
        """
    case .otherChannels(let source, let expected, let images):
      "\(source): the weights expect images of \(expected) channel\(expected == 1 ? "" : "s"), but these have \(images)"
        + (images == 1 ? ": --channels \(expected) repeats the gray one" : "")
    }
  }

  private static func prefixes(_ choices: [String]) -> String {
    let named = choices.filter { !$0.isEmpty }
    if named.isEmpty { return "no prefix: the names already match the model's" }
    return "one that is there, such as --prefix \(JSONScanner.plain(named[0])) (prefix: in Swift)"
  }

  private static func sizes(_ shape: Shape) -> String { shape.map { "\($0)" }.joined(separator: "×") }
}

extension WeightsError.OrderProblem: CustomStringConvertible {
  /// The reason, and what to do about it. It follows the layer's path and a colon.
  public var description: String {
    switch self {
    case .noInput:
      """
      PyTorch's layout of a linear layer's weights behind a flattened image, as this one's may be, depends on the image's height and \
      width: say the shape of an input, [N, H, W, C], as in model.load("weights.pth", input: [1, 224, 224, 3]) (--input 224x224x3)
      """
    case .open(let operation, _): "its inputs are a flattened image behind \(operation)"
    case .notFlattened: "its inputs are not a flattened image, so that there is no order to give"
    case .moved(let operation):
      """
      the order of its inputs, in which PyTorch's layout differs, cannot be followed through \(operation); in Apus' own layout weights \
      are read and written as they are
      """
    case .notReached:
      "the forward pass does not come to it, so that PyTorch's order of its inputs is not known"
    }
  }
}
