import ApusCore
import ApusSupport

/// A table of a network as a paper, a lecture or documentation prints it, to compare with the network here.
package struct PublishedTable: Sendable {
  /// The network's name in the catalogue.
  package var network: String
  /// Where it is printed.
  package var source: String
  /// Whether the printed numbers of parameters count biases.
  package var countsBiases = true
  /// From top to bottom, as printed.
  package var rows: [Row]

  /// A line, with what is printed for it; `nil` if nothing is.
  package struct Row: Sendable {
    /// The line's title, as printed.
    package var name: String
    /// The operations that it is compared with.
    package var place: Place
    /// `[H, W, C]` or `[K]`
    package var output: Shape?
    /// Numbers learned; see `countsBiases`.
    package var parameters: PublishedNumber?
    /// Of convolutions and linear layers.
    package var multiplyAdds: PublishedNumber?
    /// Numbers of the output of one image.
    package var memory: PublishedNumber?
    /// How often a stage's block is repeated.
    package var blocks: Int?
    /// What is known to be wrong in the line: it must differ.
    package var erratum: String?

    init(
      _ name: String, _ place: Place, output: Shape? = nil, parameters: PublishedNumber? = nil,
      multiplyAdds: PublishedNumber? = nil, memory: PublishedNumber? = nil, blocks: Int? = nil, erratum: String? = nil
    ) {
      self.name = name
      self.place = place
      self.output = output
      self.parameters = parameters
      self.multiplyAdds = multiplyAdds
      self.memory = memory
      self.blocks = blocks
      self.erratum = erratum
    }
  }

  /// Which operations of the network a line stands for.
  package enum Place: Hashable, Sendable {
    case input
    /// Those of the layers with these paths, and of what joins them.
    case layers([String])
    /// The next one of this name, and the parameters of the layer with the path.
    case next(String, layer: String? = nil)
    /// All.
    case whole
  }

  /// All tables of a network, in the order of the catalogue's texts.
  package static func tables(of network: String) -> [PublishedTable] { all.filter { $0.network == network } }

  /// The tables of LeNet, AlexNet, VGG, GoogLeNet and ResNet, of ResNet those for CIFAR-10 last, and those of later families.
  package static let all: [PublishedTable] = [
    leNets, alexNets, vggs, googLeNets, resNets, cifarResNets, mobileNets, efficientNets, convNeXts, denseNets,
    squeezeNets, shuffleNets, uNets,
  ].flatMap { $0 }
}

/// A number as it is printed: `159K`, `3.2M`, `11.3G`, `34,848`. `Ki` are units of 1,024.
package struct PublishedNumber: Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// As printed: `3.2M`.
  package var text: String
  /// What the text stands for: 3,200,000.
  package var value: Double
  /// What the last printed digit stands for.
  package var unit: Double

  /// Traps unless the text is a number, with thousands separated by commas if it has any, and then `Ki`, `K`, `M`, `G` or nothing.
  package init(stringLiteral text: String) {
    let units = ["Ki": 1024.0, "K": 1e3, "M": 1e6, "G": 1e9]
    let suffix = String(text.drop { !$0.isLetter })
    let digits = String(text.dropLast(suffix.count).filter { $0 != "," })
    guard let number = Double(digits), let scale = suffix.isEmpty ? 1 : units[suffix] else {
      fatalError("\"\(text)\" is not a number as tables print it")
    }
    let decimals = digits.firstIndex(of: ".").map { digits.distance(from: $0, to: digits.endIndex) - 1 } ?? 0
    self.text = text
    value = number * scale
    unit = (0..<decimals).reduce(scale) { unit, _ in unit / 10 }
  }

  /// As printed.
  package var description: String { text }

  /// Tables round, cut off, or give two digits: a number that is printed in full must be equal, others must be less than one of their
  /// last digit or half a per cent away.
  package func matches(_ computed: Int) -> Bool {
    let error = abs(Double(computed) - value)
    if unit == 1 { return error == 0 }
    return error < unit || error <= value / 200
  }
}
