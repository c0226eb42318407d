import ApusLayers

extension LossFacts {
  /// Every loss. A new one is a file in Sources/ApusLayers/Losses, and an entry here.
  package static let all: [LossFacts] = [
    LossFacts(
      name: "crossEntropy", equation: "−w[y] log softmax(z)[y]; with targets −Σ t log softmax(z)",
      lectures: [0, 1, 2, 3],
      paper: "Szegedy et al. 2016 (label smoothing)", proof: "PyTorchLossTests.crossEntropyInAllItsForms"),
    LossFacts(
      name: "negativeLogLikelihood", equation: "−w[y] x[y], x = log p", lectures: [0], paper: nil,
      proof: "PyTorchLossTests.negativeLogLikelihoodOfLogSoftmax"),
    LossFacts(
      name: "focalLoss", equation: "−α (1 − p)^γ log p", lectures: [0], paper: "Lin et al. 2017",
      proof: "LossPropertyTests.property10FocalWithGammaZeroIsCrossEntropy"),
    LossFacts(
      name: "binaryCrossEntropy", equation: "−w t log σ(z) − (1 − t) log σ(−z)", lectures: [0], paper: nil,
      proof: "PyTorchLossTests.binaryLosses"),
    LossFacts(
      name: "binaryFocalLoss", equation: "−α (1 − p)^γ log p, p = σ(±z)", lectures: [0], paper: "Lin et al. 2017",
      proof: "PyTorchLossTests.binaryLosses"),
    LossFacts(
      name: "hingeLoss", equation: "Σ_{j ≠ y} max(0, sⱼ − s[y] + margin)", lectures: [1, 2],
      paper: "Weston & Watkins 1999",
      proof: "LossPropertyTests.property9HingeGradientCountsMarginViolators"),
    LossFacts(
      name: "mseLoss", equation: "(x − t)²", lectures: [0], paper: nil, proof: "PyTorchLossTests.lossesOfDifferences"),
    LossFacts(
      name: "l1Loss", equation: "|x − t|", lectures: [0], paper: nil, proof: "PyTorchLossTests.lossesOfDifferences"),
    LossFacts(
      name: "smoothL1Loss", equation: "|d| < β ? d² / 2β : |d| − β / 2", lectures: [0], paper: "Girshick 2015",
      proof: "LossPropertyTests.property11SmoothL1IsContinuouslyDifferentiableAtBeta"),
    LossFacts(
      name: "marginRankingLoss", equation: "max(0, −y (f − g) + margin)", lectures: [0], paper: nil,
      proof: "PyTorchLossTests.rankingAndTriplets"),
    LossFacts(
      name: "tripletLoss", equation: "max(0, ‖a − p‖ − ‖a − n‖ + margin)", lectures: [0], paper: "Schroff et al. 2015",
      proof: "PyTorchLossTests.rankingAndTriplets"),
    LossFacts(
      name: "ridgePenalty", equation: "λ Σ w²", lectures: [1, 3], paper: "Hoerl & Kennard 1970",
      proof: "LossTests.ridgePenaltyIsLambdaTimesSquares"),
  ]
}
