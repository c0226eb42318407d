import ApusCore
import ApusSupport

/// A file of weights: tensors by name, and what is known of their layout.
///
/// Safetensors, numpy's npz and PyTorch's own files are read, told apart by their content, whatever they are called. Nothing in them is
/// executed.
public struct WeightsFile: Sendable {
  /// How tensors are named and lie.
  public enum Layout: String, Hashable, Sendable, CaseIterable, Codable {
    /// PyTorch's names, filters (K, C, KH, KW), matrices (out, in); inputs behind a flattened image in the order (C, H, W).
    case pytorch
    /// The paths and shapes of the model's parameters and buffers.
    case apus
  }

  /// Names the file in receipts and errors.
  public var source: String
  /// Each name once, in the order of the file.
  public var tensors: [(name: String, value: Tensor)]
  /// What the file itself says, in its metadata: `nil` if it does not, as everybody else's files. They are taken as PyTorch's.
  package var recordedLayout: Layout?
  /// The dtypes of tensors that were converted to a scalar type of Tensor's, by name: `BF16`.
  package var convertedTypes: [String: String]
  /// What else the file holds that is not a tensor, as a `.pth` may.
  package var skipped: [String]
  /// Where in a checkpoint with several sets of weights those to load are: `ema`, `state_dict.encoder`. `nil` looks for the prefix
  /// with which the model's names are found, which has to be told only if several do.
  public var prefix: String?
  /// What the model calls layers and weights that have other names in the file, by those, without `prefix`: `["backbone.stem": "conv1"]`
  /// makes `backbone.stem.weight` `conv1.weight`. A rule that no name begins with is an error.
  public var renaming: [String: String] = [:]

  /// Weights that come from elsewhere. They are taken as PyTorch's, unless `recordedLayout` says otherwise.
  public init(
    source: String, tensors: [(name: String, value: Tensor)], recordedLayout: Layout? = nil,
    convertedTypes: [String: String] = [:], skipped: [String] = []
  ) {
    self.source = source
    self.tensors = tensors
    self.recordedLayout = recordedLayout
    self.convertedTypes = convertedTypes
    self.skipped = skipped
  }

  /// The key of the layout in a safetensors file's metadata.
  package static let layoutKey = "apus.layout"

  /// Reads the file at `path`, or `model.safetensors` in the folder at `path`. Throws if anything in it is not as its format says.
  ///
  /// - Parameters:
  ///   - prefix: see the property.
  ///   - renaming: see the property.
  public static func read(
    _ path: String, prefix: String? = nil, renaming: [String: String] = [:]
  ) throws -> WeightsFile {
    let path = place(path)
    var file = try decode(File.contents(of: path), file: path, prefix: prefix)
    file.renaming = renaming
    return file
  }

  /// The content of `bytes`; `file` is named in errors.
  package static func decode(_ bytes: [UInt8], file: String, prefix: String? = nil) throws -> WeightsFile {
    var weights = try decode(bytes, WeightsFormat(bytes, file: file), file)
    weights.prefix = prefix
    return weights
  }

  private static func decode(_ bytes: [UInt8], _ format: WeightsFormat, _ file: String) throws -> WeightsFile {
    switch format {
    case .safetensors:
      let (content, skipped) = try Safetensors.decodeReadable(bytes, file: file)
      return WeightsFile(
        source: file, tensors: content.order.map { ($0, content.tensors[$0]!) },
        recordedLayout: try recordedLayout(content.metadata, file), convertedTypes: content.convertedTypes,
        skipped: skipped)
    case .npz:
      var skipped: [String]? = []
      let content = try Npz.typed(bytes, file: file, skipped: &skipped)
      let converted = content.filter { StoredType($0.value.scalarType) != $0.type }.map { ($0.name, $0.type.rawValue) }
      return WeightsFile(
        source: file, tensors: try unique(content.map { ($0.name, $0.value) }, file),
        convertedTypes: Dictionary(converted) { first, _ in first }, skipped: skipped ?? [])
    case .pytorch:
      let content = try PyTorchFile.decode(bytes, file: file)
      if content.tensors.isEmpty && !content.skipped.isEmpty {
        throw FileError(
          file, found: "no tensors, only \(NameList.text(content.skipped.map(JSONScanner.plain)))",
          expected: "a state dict: torch.save(model.state_dict(), FILE) in Python writes one")
      }
      return WeightsFile(
        source: file, tensors: try unique(content.tensors, file), recordedLayout: .pytorch,
        convertedTypes: content.convertedTypes, skipped: content.skipped)
    }
  }

  /// A run is meant by its model, and so is a folder of others with such a file.
  package static func place(_ path: String) -> String {
    let model = path + "/" + MetadataKey.modelFile
    return File.exists(model) ? model : path
  }

  private static func recordedLayout(_ metadata: [String: String], _ path: String) throws -> Layout? {
    if metadata[MetadataKey.training] != nil {
      throw FileError(
        path, found: "the state of a training run", expected: "its weights, which are in model.safetensors beside it")
    }
    if let text = metadata[layoutKey] {
      guard let layout = Layout(rawValue: text) else {
        throw FileError(
          path, part: "metadata \(layoutKey)", found: JSONScanner.shown(text),
          expected: Layout.allCases.map(\.rawValue).joined(separator: " or "))
      }
      return layout
    }
    // The model of a run.
    return metadata[MetadataKey.model] == nil && metadata[MetadataKey.segmentation] == nil ? nil : .apus
  }

  private static func unique(
    _ tensors: [(name: String, value: Tensor)], _ path: String
  ) throws -> [(name: String, value: Tensor)] {
    var names: Set<String> = []
    for (name, _) in tensors where !names.insert(name).inserted {
      throw FileError(
        path, part: "tensor " + JSONScanner.shown(name), found: "a second one", expected: "each name once")
    }
    return tensors
  }

  /// Writes it atomically, as npz where the name ends so and as safetensors otherwise, with the layout in the metadata and `format`
  /// `pt`, by which PyTorch's loaders know it. An npz file cannot say its layout: it is written in PyTorch's alone.
  public func write(to path: String) throws {
    let name = path.lowercased()
    if name.hasSuffix(".npz") {
      if recordedLayout == .apus {
        throw FileError(
          path, found: "Apus' own layout, which an npz file cannot record", expected: "a .safetensors file for it")
      }
      return try Npz.write(tensors, to: path)
    }
    // Readers that go by the name would take it for something else.
    if [".pth", ".pt", ".ckpt", ".bin", ".tar"].contains(where: name.hasSuffix) {
      throw FileError(
        path, found: "the name of a file that torch.save writes, a format that is read here but not written",
        expected: "a name that ends in .safetensors or .npz, which PyTorch's users can read too")
    }
    var metadata = ["format": "pt"]
    if let recordedLayout { metadata[Self.layoutKey] = recordedLayout.rawValue }
    // PyTorch's counters are 64-bit integers.
    let counters = recordedLayout == .pytorch ? tensors.filter { $0.value.scalarType == .int32 }.map(\.name) : []
    try Safetensors.write(tensors, metadata: metadata, widened: Set(counters), to: path)
  }
}
