import ApusLayers

/// Entries that come from the tables that the library itself uses.
extension Catalogue {
  static let activations: [Entry] = ActivationFacts.all.map { facts in
    let proof =
      switch facts.name {
      case "PReLU": "ActivationTests.gradientsOfPReLUAndItsSlopes"
      case "Maxout": "ActivationTests.property7MaxoutIsReLUOrLeakyReLUForTheirWeights"
      case "Threshold": "ActivationTests.aThresholdPassesAGradientOfZero"
      case "Tanh": "ActivationTests.property6TanhIsASigmoidOfTwiceTheInput"
      default: "ActivationTests.gradientsOf"
      }
    return Entry(
      facts.name, .activation, facts.equation, deck: joined(facts.decks), paper: facts.paper, test: proof)
  }

  static let losses: [Entry] = LossFacts.all.map { facts in
    Entry(facts.name, .loss, facts.equation, deck: joined(facts.decks), paper: facts.paper ?? "", test: facts.proof)
  }

  static let initialisations: [Entry] = InitializerFacts.all.map { facts in
    Entry(
      facts.name, .initialisation, facts.equation, deck: joined(facts.decks), paper: facts.paper ?? "",
      test: facts.proof)
  }

  private static func joined(_ decks: [String]) -> String { decks.isEmpty ? "–" : decks.joined(separator: ", ") }
}
