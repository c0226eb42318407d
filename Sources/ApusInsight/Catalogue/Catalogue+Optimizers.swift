import ApusCore
import ApusLayers

extension Catalogue {
  static let optimizers: [Entry] = [
    Entry(
      "SGD", .optimizer, "θ ← θ − α·g; a batch of all samples is gradient descent", lectures: [2, 3],
      paper: "Robbins & Monro 1951", test: "OptimizerPropertyTests.property25SGDWithABatchOfAllSamplesIsGradientDescent"
    ),
    Entry(
      "SGD(momentum:)", .optimizer, "v ← β·v + g, θ ← θ − α·v", lectures: [2, 3], paper: "Polyak 1964",
      test: "OptimizerPropertyTests.property22MomentumOnAConstantGradientStepsByAlphaOverOneMinusBeta"),
    Entry(
      "SGD(nesterov:)", .optimizer, "v ← β·v + g, θ ← θ − α·(g + β·v)", lectures: [2], paper: "Nesterov 1983",
      test: "OptimizerTests.nesterov"),
    Entry(
      "RMSProp", .optimizer, "s ← β·s + (1 − β)·g², θ ← θ − α·g/(√s + ε), or /√(s + ε)", lectures: [2, 3],
      paper: "Tieleman & Hinton 2012", test: "OptimizerPropertyTests.property24RMSPropOnAConstantGradientStepsByAlpha"),
    Entry(
      "Adam", .optimizer, "m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ), θ ← θ − α·m̂/(√v̂ + ε)", lectures: [2, 3],
      paper: "Kingma & Ba 2015",
      test: "OptimizerPropertyTests.property23AdamsFirstStepIsAlphaWithBiasCorrectionAnd316AlphaWithout"),
    Entry(
      "AdamW", .optimizer, "Adam, and θ ← θ − α·λ·θ beside it", lectures: [2], paper: "Loshchilov & Hutter 2019",
      test: "OptimizerFixtureTests.aHundredStepsEqualPyTorchsToAMillionth"),
    Entry(
      "Adagrad", .optimizer, "s ← s + g², θ ← θ − α·g/(√s + ε)", lectures: [3], paper: "Duchi et al. 2011",
      test: "OptimizerFixtureTests.aHundredStepsEqualPyTorchsToAMillionth"),
    Entry(
      "SignSGD", .optimizer, "θ ← θ − α·sign(g)", lectures: [4], paper: "Seide et al. 2014",
      test: "OptimizerPropertyTests.property21SignSGDIsTheLimitOfClippingByValue"),
    Entry(
      "SAM", .optimizer, "the gradient at θ + ρ·g/‖g‖", lectures: [3], paper: "Foret et al. 2021",
      test: "OptimizerTests.samStepsByTheGradientAtTheTopOfTheBall"),
    Entry(
      "ParameterGroup", .optimizer, "rate, decay and trainability by path; no decay of biases, scales and shifts",
      lectures: [2, 4], test: "OptimizerTests.groupsSetRateDecayAndTrainabilityByPath"),
  ]

  static let schedules: [Entry] = [
    Entry(
      "Schedule.step", .schedule, "α·f^⌊t/n⌋, and milestones", lectures: [2, 4], paper: "He et al. 2016",
      test: "OptimizerFixtureTests.schedulesEqualPyTorchs"),
    Entry(
      "Schedule.exponential", .schedule, "α·fᵗ", lectures: [2], test: "OptimizerFixtureTests.schedulesEqualPyTorchs"),
    Entry(
      "Schedule.cosine", .schedule, "½·α·(1 + cos(πt/T))", lectures: [2], paper: "Loshchilov & Hutter 2017",
      test: "OptimizerFixtureTests.schedulesEqualPyTorchs"),
    Entry(
      "Schedule.oneCycle", .schedule, "up by half a cosine, down by another", lectures: [2],
      paper: "Smith & Topin 2019",
      test: "OptimizerFixtureTests.schedulesEqualPyTorchs"),
    Entry(
      "Schedule.warmup", .schedule, "α·(t + 1)/w for t < w, then any other", lectures: [2], paper: "Goyal et al. 2017",
      test: "OptimizerFixtureTests.schedulesEqualPyTorchs"),
    Entry(
      "Plateau", .schedule, "α ÷ 10 where the watched number has not become better", lectures: [2, 4],
      paper: "He et al. 2016", test: "OptimizerFixtureTests.plateausEqualPyTorchs"),
  ]

  static let gradientTools: [Entry] = [
    Entry(
      "clip(toValue:)", .gradients, "min(c, max(−c, g))", lectures: [4], paper: "Mikolov 2012",
      test: "OptimizerPropertyTests.property21ClipByValueBoundsEachNumber"),
    Entry(
      "clip(toNorm:)", .gradients, "g·c/max(‖g‖, c)", lectures: [4], paper: "Pascanu et al. 2013",
      test: "OptimizerPropertyTests.property21ClipByNormKeepsTheDirectionAndBoundsTheNorm"),
    Entry(
      "GradientClipping.medianMultiple", .gradients, "c = a multiple of the running median of the norms", lectures: [4],
      test: "GradientClippingTests.theRunningMedianBoundsTheNorm"),
    Entry(
      "clipAdaptively", .gradients, "‖gᵢ‖ ≤ λ·max(‖wᵢ‖, ε), a unit each", lectures: [3], paper: "Brock et al. 2021",
      test: "GradientClippingTests.adaptiveClippingBoundsEachUnitByItsWeights"),
    Entry(
      "gradientCheck", .gradients, "(f(x + h) − f(x − h))/2h in double precision", lectures: [1, 2],
      test: "ModelTests.wholeModelsPassTheGradientCheck"),
  ]
}
