import ApusLayers
import ApusNetworks

/// What the library knows about an initialization: for catalogues and documentation.
package struct InitializerFacts: Hashable, Sendable {
  /// The function's name.
  package var name: String
  /// The distribution, or the rule that the values obey, as plain text.
  package var equation: String
  /// Numbers of the lectures that teach or name it.
  package var lectures: [Int]
  /// Authors and year; `nil` if no paper is named.
  package var paper: String?
  /// The test that proves it, `Suite.name`.
  package var proof: String

  /// Every initialization. A new one is a file in Sources/ApusLayers/Initializers and a line here.
  package static let all: [InitializerFacts] = [
    .init(
      "zeros", "w = 0", [0], nil, "InitializationPropertyTests.property18UnitsThatBeginEqualReceiveEqualGradients"),
    .init(
      "constant", "w = c", [0], nil, "InitializationPropertyTests.property18UnitsThatBeginEqualReceiveEqualGradients"
    ),
    .init("normal", "w ~ N(mean, deviation²)", [0, 1, 4], nil, "InitializerTests.plainDistributions"),
    .init("uniform", "w ~ U(low, high)", [0], nil, "InitializerTests.plainDistributions"),
    .init(
      "xavierNormal", "deviation gain √(2 / (fan-in + fan-out))", [0, 1, 4], "Glorot & Bengio 2010",
      "InitializationPropertyTests.deviationsFollowTheFans"),
    .init(
      "xavierUniform", "±gain √(6 / (fan-in + fan-out))", [0, 1, 4], "Glorot & Bengio 2010",
      "InitializationPropertyTests.deviationsFollowTheFans"),
    .init(
      "kaimingNormal", "deviation gain / √fan", [0, 1, 4], "He et al. 2015",
      "InitializationPropertyTests.secondMomentsHalveUnderXavierAndStayUnderHe"),
    .init(
      "kaimingUniform", "±gain √(3 / fan)", [0, 1, 4], "He et al. 2015",
      "InitializationPropertyTests.deviationsFollowTheFans"),
    .init("orthogonal", "WᵀW = gain² I", [1], "Saxe et al. 2013", "InitializerTests.orthogonalMatricesOfAnyShape"),
    .init(
      "identity", "Wx = x", [1], "Zagoruyko & Komodakis 2017", "InitializerTests.identityLayersPassOnTheirInput"),
    .init(
      "bilinear", "(1 − |u − c| / f)(1 − |v − c| / f)", [3], "Long et al. 2015",
      "FCNTests.aTransposedConvolutionBeginsAsBilinearEnlargement"),
    .init(
      "randomWalk", "deviation g / √N, g = e^(1 / 2N) or √2 e^(1.2 / (N − 2.4))", [1], "Sussillo & Abbott 2014",
      "InitializerTests.randomWalksDoNotDrift"),
    .init(
      "initializeLSUV", "W orthonormal, ÷ √var(Wx) until that is 1", [1], "Mishkin & Matas 2016",
      "InitializerTests.lsuvLeavesUnitVariance"),
    .init(
      "initializeFromData", "w_k ÷ σ_k, b_k = −μ_k / σ_k over a batch", [1], "Krähenbühl et al. 2016",
      "InitializerTests.dataDependentValuesNormalizeEachChannel"),
    .init(
      "balanceGradients", "W_k · √(C_k / mean C), C_k = ‖∂ℓ/∂W_k‖ / ‖W_k‖", [1], "Krähenbühl et al. 2016",
      "InitializerTests.balancedLayersLearnAtOneRateAndComputeTheSame"),
    .init(
      "initializeFixup", "last layer 0, others He · L^(−1 / (2m − 2))", [1], "Zhang et al. 2019",
      "InitializerTests.fixupBeginsAsItsShortcuts"),
    .init(
      "LotteryTicket", "mask the smallest |w|, rewind the rest", [1], "Frankle & Carbin 2019",
      "LotteryTicketTests.rewindingGivesTheFirstValuesBack"),
  ]

  private init(_ name: String, _ equation: String, _ lectures: [Int], _ paper: String?, _ proof: String) {
    self.name = name
    self.equation = equation
    self.lectures = lectures
    self.paper = paper
    self.proof = proof
  }
}
