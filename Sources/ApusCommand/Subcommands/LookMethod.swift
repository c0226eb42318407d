import Apus
import ArgumentParser

/// One thing that `apus look --what` shows.
///
/// A method is a value in a file of its own: its name, what it is for the help, and what it makes of a subject. `all` lists them.
struct LookMethod: Sendable {
  /// As `--what` has it.
  let name: String
  /// A line of the help.
  let summary: String
  /// - Throws: where the network or the images do not have what the method needs, with what to use instead.
  let pictures: @Sendable (_ subject: LookSubject) throws -> [LookPicture]

  /// In the order of the help.
  static let all: [LookMethod] = [
    filters, templates, activations, patches, receptiveField, occlusion, saliency, gradientTimesInput, smoothGrad,
    integratedGradients, deconvolution, guidedBackprop, classActivation, gradCAM, excitation, contrastiveExcitation,
    dream, pca, tsne,
  ]

  /// A line per method.
  static var list: String {
    let width = all.map(\.name.count).max() ?? 0
    return all.map { "  " + $0.name.padding(to: width) + "  " + $0.summary }.joined(separator: "\n")
  }

  /// `saliency,grad-cam`
  static let parse: @Sendable (String) throws -> [LookMethod] = { text in
    try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
      let one = OptionValue.choice(all.map { ($0.name, $0.name) }) { name in all.first { $0.name == name } }
      return try one(String(word))
    }
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
