import ApusLayers

extension Catalogue {
  static let normalizations: [Entry] = [
    Entry(
      "BatchNorm", .normalization, "γ·(x − μ)/√(σ² + ε) + β, μ and σ² over N, H, W", lectures: [0, 1, 4],
      paper: "Ioffe & Szegedy 2015", test: "PyTorchFixtureTests.batchNormInTrainingAndInference"),
    Entry(
      "BatchNorm, ∂ℓ/∂x̂", .normalization, "∂ℓ/∂x̂ = ∂ℓ/∂y·γ", lectures: [4], paper: "Ioffe & Szegedy 2015",
      test: "BatchNormEquations.gradientOfTheNormalizedInput"),
    Entry(
      "BatchNorm, ∂ℓ/∂σ²", .normalization, "∂ℓ/∂σ² = Σ ∂ℓ/∂x̂·(x − μ)·(−½)·(σ² + ε)^(−3/2)", lectures: [4],
      paper: "Ioffe & Szegedy 2015", test: "BatchNormEquations.gradientOfTheVariance"),
    Entry(
      "BatchNorm, ∂ℓ/∂μ", .normalization, "∂ℓ/∂μ = −Σ ∂ℓ/∂x̂/√(σ² + ε)", lectures: [4], paper: "Ioffe & Szegedy 2015",
      test: "BatchNormEquations.gradientOfTheMean"),
    Entry(
      "BatchNorm, ∂ℓ/∂x", .normalization, "∂ℓ/∂x = ∂ℓ/∂x̂/√(σ² + ε) + ∂ℓ/∂σ²·2(x − μ)/m + ∂ℓ/∂μ/m", lectures: [4],
      paper: "Ioffe & Szegedy 2015", test: "BatchNormEquations.gradientOfTheInput"),
    Entry(
      "BatchNorm, ∂ℓ/∂γ", .normalization, "∂ℓ/∂γ = Σ ∂ℓ/∂y·x̂", lectures: [4], paper: "Ioffe & Szegedy 2015",
      test: "BatchNormEquations.gradientOfGamma"),
    Entry(
      "BatchNorm, ∂ℓ/∂β", .normalization, "∂ℓ/∂β = Σ ∂ℓ/∂y", lectures: [4], paper: "Ioffe & Szegedy 2015",
      test: "BatchNormEquations.gradientOfBeta"),
    Entry(
      "BatchNorm per activation", .normalization, "μ and σ² over N alone, for every place", lectures: [4],
      paper: "Ioffe & Szegedy 2015", test: "NormalizationTests.perActivationIsBatchNormOfFlattenedSamples"),
    Entry(
      "recomputeStatistics(over:)", .normalization, "μ and σ² of the whole training set", lectures: [0, 4],
      test: "WholeSetTests.statisticsOfBatchesAreExactlyThoseOfTheWhole"),
    Entry(
      "fold", .normalization, "w' = w·γ/√(σ² + ε), b' = (b − μ)·γ/√(σ² + ε) + β", lectures: [1],
      test: "NormalizationProperties.property16AConvolutionWithItsBatchNormFoldedInEqualsBothInInference"),
    Entry(
      "LayerNorm", .normalization, "μ and σ² over a sample, or over its last axis", lectures: [0, 1, 3],
      paper: "Ba et al. 2016", test: "NormalizationFixtureTests.groupInstanceAndLayerNormAndTheirGradients"),
    Entry(
      "InstanceNorm", .normalization, "μ and σ² over H, W of a sample's channel", lectures: [0, 1, 3],
      paper: "Ulyanov et al. 2016", test: "NormalizationFixtureTests.groupInstanceAndLayerNormAndTheirGradients"),
    Entry(
      "GroupNorm", .normalization, "μ and σ² over H, W and a group of a sample's channels", lectures: [0, 1, 3],
      paper: "Wu & He 2018", test: "NormalizationFixtureTests.groupInstanceAndLayerNormAndTheirGradients"),
    Entry(
      "BatchInstanceNorm", .normalization, "γ·(ρ·BN(x) + (1 − ρ)·IN(x)) + β, ρ in [0, 1]", lectures: [0],
      paper: "Nam & Kim 2018",
      test: "NormalizationProperties.property14BatchInstanceNormIsBatchNormAtRhoOneAndInstanceNormAtRhoZero"),
    Entry(
      "WeightStandardizedConv2D", .normalization, "w' = (w − mean w)/√(var w + ε), an output channel each",
      lectures: [3],
      paper: "Qiao et al. 2019", test: "NormalizationGradients.standardizedWeights"),
    Entry(
      "LocalResponseNorm", .normalization, "x/(k + α/n·Σ x²)^β over n neighboring channels", lectures: [4],
      paper: "Krizhevsky et al. 2012", test: "NormalizationFixtureTests.localResponseNormAndItsGradient"),
  ]
}
