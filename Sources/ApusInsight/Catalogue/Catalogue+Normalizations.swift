import ApusLayers

extension Catalogue {
  static let normalisations: [Entry] = [
    Entry(
      "BatchNorm", .normalisation, "γ·(x − μ)/√(σ² + ε) + β, μ and σ² over N, H, W", deck: "D0, D1, D4",
      paper: "Ioffe & Szegedy 2015", test: "PyTorchFixtureTests.batchNormInTrainingAndInference"),
    Entry(
      "BatchNorm, ∂ℓ/∂x̂", .normalisation, "∂ℓ/∂x̂ = ∂ℓ/∂y·γ", deck: "D4", paper: "Ioffe & Szegedy 2015",
      test: "BatchNormEquations.gradientOfTheNormalizedInput"),
    Entry(
      "BatchNorm, ∂ℓ/∂σ²", .normalisation, "∂ℓ/∂σ² = Σ ∂ℓ/∂x̂·(x − μ)·(−½)·(σ² + ε)^(−3/2)", deck: "D4",
      paper: "Ioffe & Szegedy 2015", test: "BatchNormEquations.gradientOfTheVariance"),
    Entry(
      "BatchNorm, ∂ℓ/∂μ", .normalisation, "∂ℓ/∂μ = −Σ ∂ℓ/∂x̂/√(σ² + ε)", deck: "D4", paper: "Ioffe & Szegedy 2015",
      test: "BatchNormEquations.gradientOfTheMean"),
    Entry(
      "BatchNorm, ∂ℓ/∂x", .normalisation, "∂ℓ/∂x = ∂ℓ/∂x̂/√(σ² + ε) + ∂ℓ/∂σ²·2(x − μ)/m + ∂ℓ/∂μ/m", deck: "D4",
      paper: "Ioffe & Szegedy 2015", test: "BatchNormEquations.gradientOfTheInput"),
    Entry(
      "BatchNorm, ∂ℓ/∂γ", .normalisation, "∂ℓ/∂γ = Σ ∂ℓ/∂y·x̂", deck: "D4", paper: "Ioffe & Szegedy 2015",
      test: "BatchNormEquations.gradientOfGamma"),
    Entry(
      "BatchNorm, ∂ℓ/∂β", .normalisation, "∂ℓ/∂β = Σ ∂ℓ/∂y", deck: "D4", paper: "Ioffe & Szegedy 2015",
      test: "BatchNormEquations.gradientOfBeta"),
    Entry(
      "BatchNorm per activation", .normalisation, "μ and σ² over N alone, for every place", deck: "D4",
      paper: "Ioffe & Szegedy 2015", test: "NormalizationTests.perActivationIsBatchNormOfFlattenedSamples"),
    Entry(
      "recomputeStatistics(over:)", .normalisation, "μ and σ² of the whole training set", deck: "D0, D4",
      test: "WholeSetTests.statisticsOfBatchesAreExactlyThoseOfTheWhole"),
    Entry(
      "fold", .normalisation, "w' = w·γ/√(σ² + ε), b' = (b − μ)·γ/√(σ² + ε) + β", deck: "D1",
      test: "NormalizationProperties.property16AConvolutionWithItsBatchNormFoldedInEqualsBothInInference"),
    Entry(
      "LayerNorm", .normalisation, "μ and σ² over a sample, or over its last axis", deck: "D0, D1, D3",
      paper: "Ba et al. 2016", test: "NormalizationFixtureTests.groupInstanceAndLayerNormAndTheirGradients"),
    Entry(
      "InstanceNorm", .normalisation, "μ and σ² over H, W of a sample's channel", deck: "D0, D1, D3",
      paper: "Ulyanov et al. 2016", test: "NormalizationFixtureTests.groupInstanceAndLayerNormAndTheirGradients"),
    Entry(
      "GroupNorm", .normalisation, "μ and σ² over H, W and a group of a sample's channels", deck: "D0, D1, D3",
      paper: "Wu & He 2018", test: "NormalizationFixtureTests.groupInstanceAndLayerNormAndTheirGradients"),
    Entry(
      "BatchInstanceNorm", .normalisation, "γ·(ρ·BN(x) + (1 − ρ)·IN(x)) + β, ρ in [0, 1]", deck: "D0",
      paper: "Nam & Kim 2018",
      test: "NormalizationProperties.property14BatchInstanceNormIsBatchNormAtRhoOneAndInstanceNormAtRhoZero"),
    Entry(
      "WeightStandardizedConv2D", .normalisation, "w' = (w − mean w)/√(var w + ε), an output channel each", deck: "D3",
      paper: "Qiao et al. 2019", test: "NormalizationGradients.standardizedWeights"),
    Entry(
      "LocalResponseNorm", .normalisation, "x/(k + α/n·Σ x²)^β over n neighbouring channels", deck: "D4",
      paper: "Krizhevsky et al. 2012", test: "NormalizationFixtureTests.localResponseNormAndItsGradient"),
  ]
}
