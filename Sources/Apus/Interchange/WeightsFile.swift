/// A file of weights: tensors by name, and what is known of their layout.
///
/// Safetensors, numpy's npz and PyTorch's own files are read, told apart by their names: `.npz`, `.pth` and `.pt`; all others are
/// safetensors. Nothing in them is executed.
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
  public var tensors: [(name: String, value: Tensor)]
  /// What the file itself says, in its metadata: `nil` where it does not, as everybody else's files. They are taken as PyTorch's.
  public var recordedLayout: Layout?
  /// The dtypes of tensors that were converted to a scalar type of Tensor's, by name: `BF16`.
  public var convertedTypes: [String: String]
  /// What else the file holds and is no tensor, as a `.pth` may.
  public var skipped: [String]

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
  public static let layoutKey = "apus.layout"

  /// Reads the file at `path`. Throws where anything in it is not as its format says.
  public static func read(_ path: String) throws -> WeightsFile {
    if path.hasSuffix(".npz") { return WeightsFile(source: path, tensors: try unique(Npz.read(path), path)) }
    if path.hasSuffix(".pth") || path.hasSuffix(".pt") {
      let (tensors, skipped) = try PyTorchFile.read(path)
      return WeightsFile(source: path, tensors: try unique(tensors, path), recordedLayout: .pytorch, skipped: skipped)
    }
    let file = try Safetensors.read(path)
    return WeightsFile(
      source: path, tensors: file.order.map { ($0, file.tensors[$0]!) },
      recordedLayout: try recordedLayout(file.metadata, path), convertedTypes: file.convertedTypes)
  }

  private static func recordedLayout(_ metadata: [String: String], _ path: String) throws -> Layout? {
    if let text = metadata[layoutKey] {
      guard let layout = Layout(rawValue: text) else {
        throw FileError(
          path, part: "metadata \(layoutKey)", found: JSONScanner.shown(text),
          expected: Layout.allCases.map(\.rawValue).joined(separator: " or "))
      }
      return layout
    }
    // The model of a run.
    return metadata[TrainedModel.key] == nil ? nil : .apus
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
    if path.hasSuffix(".npz") {
      if recordedLayout == .apus {
        throw FileError(
          path, found: "Apus' own layout, which an npz file cannot tell", expected: "a .safetensors file for it")
      }
      return try Npz.write(tensors, to: path)
    }
    if path.hasSuffix(".pth") || path.hasSuffix(".pt") {
      throw FileError(path, found: "PyTorch's own format, which is read only", expected: "a .safetensors or .npz file")
    }
    var metadata = ["format": "pt"]
    if let recordedLayout { metadata[Self.layoutKey] = recordedLayout.rawValue }
    // PyTorch's counters are 64-bit integers.
    let counters = recordedLayout == .pytorch ? tensors.filter { $0.value.scalarType == .int32 }.map(\.name) : []
    try Safetensors.write(tensors, metadata: metadata, widened: Set(counters), to: path)
  }
}
