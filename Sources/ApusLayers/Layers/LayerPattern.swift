import ApusCore
import ApusSupport

/// A network built from the pattern of the classic courses, `[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX`: M stages of N 3×3
/// convolutions with ReLU and a 2×2 pooling, then K fully connected layers with ReLU, then the classifier.
///
/// ```swift
/// let net = try PatternNetwork("[(CONV-RELU)*2-POOL]*3-(FC-RELU)*1,SOFTMAX", input: [32, 32, 3], classes: 10)
/// let logits = net(images)
/// ```
/// SOFTMAX stands for a linear layer to the classes whose result, the logits, is what the network returns: the cross-entropy loss
/// includes the softmax, and `probabilities(of:)` applies it. Convolutions keep the size of the image. With `POOL?` a stage pools where
/// `pools` says so, with `POOL` always.
public struct PatternNetwork: Layer {
  /// The M stages: [N, H, W, C] → [N, H', W', channels of the last stage].
  public let features: Sequential
  /// `Flatten`, K pairs of `Linear` and `ReLU`, and the linear layer to the classes.
  public let classifier: Sequential

  /// Throws `Problem` if the pattern is malformed or pools more often than the input's size allows; traps if a size is below 1.
  ///
  /// - Parameters:
  ///   - input: [H, W, C].
  ///   - counts: numbers for the letters N, M and K where the pattern has them.
  ///   - channels: of a stage's convolutions; unless given 16, doubled from stage to stage up to 512.
  ///   - hidden: width of the fully connected layers.
  ///   - pools: whether stage s (0, 1, …) pools, where the pattern says `POOL?`.
  public init(
    _ pattern: String, input: Shape, classes: Int, counts: [Character: Int] = [:], kernel: Int = 3,
    channels: ((_ stage: Int) -> Int)? = nil, hidden: Int = 128, pools: (_ stage: Int) -> Bool = { _ in true }
  ) throws {
    let plan = try LayerPattern(pattern, counts: counts)
    if input.count != 3 || input.contains(where: { $0 < 1 }) || classes < 1 || hidden < 1 || kernel < 1 {
      fatalError(
        "PatternNetwork: input \(input) is [H, W, C], kernel \(kernel), classes \(classes) and hidden \(hidden) at least 1"
      )
    }
    var (height, width, depth) = (input[0], input[1], input[2])
    var layers: [any Layer] = []
    for stage in 0..<plan.stages {
      let outputs = channels?(stage) ?? 16 << min(stage, 5)
      for _ in 0..<plan.convolutions {
        layers += [Conv2D(depth, outputs, kernel: IntOrPair(kernel), padding: .same), ReLU()]
        depth = outputs
      }
      if plan.pooling == .always || (plan.pooling == .optional && pools(stage)) {
        if height < 2 || width < 2 {
          throw LayerPattern.Problem(
            pattern: pattern, offset: 0,
            expected: "at most \(stage) stages that pool an image of \(input[0])×\(input[1])",
            found: "\(plan.stages) stages")
        }
        layers.append(MaxPool2D(2))
        (height, width) = (height / 2, width / 2)
      }
    }
    features = Sequential(layers)
    var head: [any Layer] = [Flatten()]
    var size = height * width * depth
    for _ in 0..<plan.hiddenLayers {
      head += [Linear(size, hidden), ReLU()]
      size = hidden
    }
    head.append(Linear(size, classes, initializer: .kaimingNormal(gain: .linear)))
    classifier = Sequential(head)
  }

  /// The logits [N, classes].
  public func forward(_ x: consuming Tensor) -> Tensor { classifier(features(x)) }

  /// Softmax of the logits.
  public func probabilities(of x: Tensor) -> Tensor { softmax(self(x)) }
}

/// What `[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX` says. N, M and K are numbers, or letters whose numbers are given.
package struct LayerPattern: Hashable, Sendable {
  package enum Pooling: Hashable, Sendable { case always, optional }

  package let convolutions: Int
  package let pooling: Pooling
  package let stages: Int
  package let hiddenLayers: Int

  /// A malformed pattern.
  public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The whole text, as given.
    package var pattern: String
    /// Characters before the place.
    package var offset: Int
    /// What may stand at that place.
    package var expected: String
    /// What stands there: up to ten characters in quotes, `the end`, or the number of stages if they pool too often.
    package var found: String

    /// Everything in one line, the place counted from 1.
    public var description: String {
      "layer pattern '\(pattern)', character \(offset + 1): expected \(expected), found \(found)"
    }
  }

  package init(_ pattern: String, counts: [Character: Int] = [:]) throws {
    let text = Array(pattern)
    var place = 0

    func skipBlanks() { while place < text.count, text[place] == " " { place += 1 } }
    func problem(_ expected: String) -> Problem {
      Problem(
        pattern: pattern, offset: place, expected: expected,
        found: place < text.count ? "'\(String(text[place...].prefix(10)))'" : "the end")
    }
    func accepts(_ word: String) -> Bool {
      skipBlanks()
      guard text[place...].starts(with: word) else { return false }
      place += word.count
      return true
    }
    func expect(_ words: String...) throws {
      for word in words where !accepts(word) { throw problem("'\(word)'") }
    }
    func count(_ letter: Character, atLeast least: Int) throws -> Int {
      try expect("*")
      skipBlanks()
      let start = place
      while place < text.count, text[place].isASCII, text[place].isNumber { place += 1 }
      let digits = String(text[start..<place])
      var number = Int(digits)
      if digits.isEmpty, accepts(String(letter)) { number = counts[letter] }
      guard let number, number >= least, number <= 1000 else {
        place = start
        throw problem("a number from \(least) to 1000, or \(letter) with its number given")
      }
      return number
    }

    try expect("[", "(", "CONV", "-", "RELU", ")")
    convolutions = try count("N", atLeast: 1)
    try expect("-", "POOL")
    pooling = accepts("?") ? .optional : .always
    try expect("]")
    stages = try count("M", atLeast: 0)
    try expect("-", "(", "FC", "-", "RELU", ")")
    hiddenLayers = try count("K", atLeast: 0)
    try expect(",", "SOFTMAX")
    skipBlanks()
    if place < text.count { throw problem("the end") }
  }
}
