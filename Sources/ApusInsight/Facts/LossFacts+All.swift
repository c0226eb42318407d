import ApusLayers

extension LossFacts {
  static let absoluteError = LossFacts(
    name: "l1Loss", equation: "|x − t|", decks: ["D0"], paper: nil, proof: "PyTorchLossTests.lossesOfDifferences")

  static let binaryCrossEntropy = LossFacts(
    name: "binaryCrossEntropy", equation: "−w t log σ(z) − (1 − t) log σ(−z)", decks: ["D0"], paper: nil,
    proof: "PyTorchLossTests.binaryLosses")

  static let crossEntropy = LossFacts(
    name: "crossEntropy", equation: "−w[y] log softmax(z)[y]; with targets −Σ t log softmax(z)",
    decks: ["D0", "D1", "D2", "D3"],
    paper: "Szegedy et al. 2016 (label smoothing)", proof: "PyTorchLossTests.crossEntropyInAllItsForms")

  static let focal = LossFacts(
    name: "focalLoss", equation: "−α (1 − p)^γ log p", decks: ["D0"], paper: "Lin et al. 2017",
    proof: "LossPropertyTests.property10FocalWithGammaZeroIsCrossEntropy")
  static let binaryFocal = LossFacts(
    name: "binaryFocalLoss", equation: "−α (1 − p)^γ log p, p = σ(±z)", decks: ["D0"], paper: "Lin et al. 2017",
    proof: "PyTorchLossTests.binaryLosses")

  static let hinge = LossFacts(
    name: "hingeLoss", equation: "Σ_{j ≠ y} max(0, sⱼ − s[y] + margin)", decks: ["D1", "D2"],
    paper: "Weston & Watkins 1999",
    proof: "LossPropertyTests.property9HingeGradientCountsMarginViolators")

  static let marginRanking = LossFacts(
    name: "marginRankingLoss", equation: "max(0, −y (f − g) + margin)", decks: ["D0"], paper: nil,
    proof: "PyTorchLossTests.rankingAndTriplets")

  static let negativeLogLikelihood = LossFacts(
    name: "negativeLogLikelihood", equation: "−w[y] x[y], x = log p", decks: ["D0"], paper: nil,
    proof: "PyTorchLossTests.negativeLogLikelihoodOfLogSoftmax")

  static let ridge = LossFacts(
    name: "ridgePenalty", equation: "λ Σ w²", decks: ["D1", "D3"], paper: "Hoerl & Kennard 1970",
    proof: "LossTests.ridgePenaltyIsLambdaTimesSquares")

  static let smoothL1 = LossFacts(
    name: "smoothL1Loss", equation: "|d| < β ? d² / 2β : |d| − β / 2", decks: ["D0"], paper: "Girshick 2015",
    proof: "LossPropertyTests.property11SmoothL1IsContinuouslyDifferentiableAtBeta")

  static let squaredError = LossFacts(
    name: "mseLoss", equation: "(x − t)²", decks: ["D0"], paper: nil, proof: "PyTorchLossTests.lossesOfDifferences")

  static let triplet = LossFacts(
    name: "tripletLoss", equation: "max(0, ‖a − p‖ − ‖a − n‖ + margin)", decks: ["D0"], paper: "Schroff et al. 2015",
    proof: "PyTorchLossTests.rankingAndTriplets")
}
