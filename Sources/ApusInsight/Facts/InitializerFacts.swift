import ApusLayers
import ApusNetworks

/// What the library knows about an initialization: for catalogues and documentation.
public struct InitializerFacts: Hashable, Sendable {
  /// The function's name.
  public var name: String
  /// The distribution, or the rule that the values obey, as plain text.
  public var equation: String
  /// The lecture decks that teach or name it.
  public var decks: [String]
  /// Authors and year; `nil` if no paper is named.
  public var paper: String?
  /// The test that proves it, `Suite.name`.
  package var proof: String

  /// Every initialization. A new one is a file in Sources/ApusLayers/Initializers and a line here.
  public static let all: [InitializerFacts] = [
    .init(
      "zeros", "w = 0", ["D0"], nil, "InitializationPropertyTests.property18UnitsThatBeginEqualReceiveEqualGradients"),
    .init(
      "constant", "w = c", ["D0"], nil, "InitializationPropertyTests.property18UnitsThatBeginEqualReceiveEqualGradients"
    ),
    .init("normal", "w ~ N(mean, deviation²)", ["D0", "D1", "D4"], nil, "InitializerTests.plainDistributions"),
    .init("uniform", "w ~ U(low, high)", ["D0"], nil, "InitializerTests.plainDistributions"),
    .init(
      "xavierNormal", "deviation gain √(2 / (fan-in + fan-out))", ["D0", "D1", "D4"], "Glorot & Bengio 2010",
      "InitializationPropertyTests.deviationsFollowTheFans"),
    .init(
      "xavierUniform", "±gain √(6 / (fan-in + fan-out))", ["D0", "D1", "D4"], "Glorot & Bengio 2010",
      "InitializationPropertyTests.deviationsFollowTheFans"),
    .init(
      "kaimingNormal", "deviation gain / √fan", ["D0", "D1", "D4"], "He et al. 2015",
      "InitializationPropertyTests.secondMomentsHalveUnderXavierAndStayUnderHe"),
    .init(
      "kaimingUniform", "±gain √(3 / fan)", ["D0", "D1", "D4"], "He et al. 2015",
      "InitializationPropertyTests.deviationsFollowTheFans"),
    .init("orthogonal", "WᵀW = gain² I", ["D1"], "Saxe et al. 2013", "InitializerTests.orthogonalMatricesOfAnyShape"),
    .init(
      "identity", "Wx = x", ["D1"], "Zagoruyko & Komodakis 2017", "InitializerTests.identityLayersPassOnTheirInput"),
    .init(
      "bilinear", "(1 − |u − c| / f)(1 − |v − c| / f)", ["D3"], "Long et al. 2015",
      "FCNTests.aTransposedConvolutionBeginsAsBilinearEnlargement"),
    .init(
      "randomWalk", "deviation g / √N, g = e^(1 / 2N) or √2 e^(1.2 / (N − 2.4))", ["D1"], "Sussillo & Abbott 2014",
      "InitializerTests.randomWalksDoNotDrift"),
    .init(
      "initializeLSUV", "W orthonormal, ÷ √var(Wx) until that is 1", ["D1"], "Mishkin & Matas 2016",
      "InitializerTests.lsuvLeavesUnitVariance"),
    .init(
      "initializeFromData", "w_k ÷ σ_k, b_k = −μ_k / σ_k over a batch", ["D1"], "Krähenbühl et al. 2016",
      "InitializerTests.dataDependentValuesNormaliseEachChannel"),
    .init(
      "balanceGradients", "W_k · √(C_k / mean C), C_k = ‖∂ℓ/∂W_k‖ / ‖W_k‖", ["D1"], "Krähenbühl et al. 2016",
      "InitializerTests.balancedLayersLearnAtOneRateAndComputeTheSame"),
    .init(
      "initializeFixup", "last layer 0, others He · L^(−1 / (2m − 2))", ["D1"], "Zhang et al. 2019",
      "InitializerTests.fixupBeginsAsItsShortcuts"),
    .init(
      "LotteryTicket", "mask the smallest |w|, rewind the rest", ["D1"], "Frankle & Carbin 2019",
      "LotteryTicketTests.rewindingGivesTheFirstValuesBack"),
  ]

  private init(_ name: String, _ equation: String, _ decks: [String], _ paper: String?, _ proof: String) {
    self.name = name
    self.equation = equation
    self.decks = decks
    self.paper = paper
    self.proof = proof
  }
}
