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
      facts.name, .activation, facts.equation, lectures: facts.lectures, paper: facts.paper, test: proof)
  }

  static let losses: [Entry] = LossFacts.all.map { facts in
    Entry(facts.name, .loss, facts.equation, lectures: facts.lectures, paper: facts.paper ?? "", test: facts.proof)
  }

  static let initializations: [Entry] = InitializerFacts.all.map { facts in
    Entry(
      facts.name, .initialization, facts.equation, lectures: facts.lectures, paper: facts.paper ?? "",
      test: facts.proof)
  }
}
