import Apus

/// What a model's file says of itself, and what became of it.
package struct ONNXContents {
  /// An input or output.
  package struct Value {
    package let name: String
    /// In the file; `nil` for a size that it leaves open, or for all of them.
    package let sizes: [Int?]?
    /// Whether its axes are `[N, C, …]` in the file and `[N, …, C]` here.
    package let isTurned: Bool

    /// The sizes in the order of the axes here.
    package var ownSizes: [Int?]? {
      guard isTurned, let sizes else { return sizes }
      return LaidTensor.channelsLast(sizes.count).map { sizes[$0] }
    }

    func fits(_ shape: Shape) -> Bool {
      guard let ownSizes else { return true }
      return shape.count == ownSizes.count && zip(shape, ownSizes).allSatisfy { $1 == nil || $0 == $1 }
    }

    /// A shape that fits, and whether a size of it that is not the batch's is a guess.
    package var usualShape: (shape: Shape, isGuess: Bool) {
      let sizes = ownSizes ?? [1, nil, nil, 3]
      let usual = sizes.enumerated().map { axis, size in size ?? (axis == 0 ? 1 : axis == sizes.count - 1 ? 3 : 224) }
      return (Shape(usual), sizes.dropFirst().contains(nil))
    }
  }

  package var producer = ""
  package var operatorSet = 0
  package var inputs: [Value] = []
  package var outputs: [Value] = []
  /// How many nodes of each operator the file has.
  package var operators: [String: Int] = [:]
  /// Nodes of the file that became constants, or became one with others.
  package var folded = 0
  /// What the file's producer wrote beside the graph.
  package var metadata: [String: String] = [:]
  /// Names of files beside it that hold tensors.
  package var externalFiles: [String] = []
}

extension ONNXContents.Value: CustomStringConvertible {
  /// Its shape here: `[N, 224, 224, 3]`, with letters for what is open.
  package var description: String {
    guard let ownSizes else { return "a shape of its own" }
    let open = ownSizes.count == 4 ? ["N", "H", "W", "C"] : ownSizes.indices.map { $0 == 0 ? "N" : "?" }
    return "[" + zip(ownSizes, open).map { $0.map(String.init) ?? $1 }.joined(separator: ", ") + "]"
  }
}
