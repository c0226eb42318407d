extension Catalogue {
  static let optimizers: [Entry] = [
    Entry(
      "SGD", .optimizer, "w −= η·(g + λw)", deck: "D2, D3", paper: "Robbins & Monro 1951",
      test: "OptimizerPropertyTests.property25SGDWithABatchOfAllSamplesIsGradientDescent"),
    Entry(
      "SGD(momentum:)", .optimizer, "v = β·v + g; w −= η·v", deck: "D2, D3",
      paper: "Polyak 1964, Rumelhart et al. 1986",
      test: "OptimizerPropertyTests.property22MomentumOnAConstantGradientStepsByAlphaOverOneMinusBeta"),
    Entry(
      "SGD(nesterov:)", .optimizer, "v = β·v + g; w −= η·(g + β·v)", deck: "D2", paper: "Sutskever et al. 2013",
      test: "OptimizerFixtureTests.aHundredStepsEqualPyTorchsToAMillionth"),
    Entry(
      "RMSProp", .optimizer, "s += (1 − ρ)(g² − s); w −= η·g / (√s + ε), or g / √(s + ε)", deck: "D2, D3",
      paper: "Tieleman & Hinton 2012", test: "OptimizerPropertyTests.property24RMSPropOnAConstantGradientStepsByAlpha"),
    Entry(
      "Adam", .optimizer, "m += (1 − β₁)(g − m); v += (1 − β₂)(g² − v); w −= η·m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)",
      deck: "D2, D3", paper: "Kingma & Ba 2015",
      test: "OptimizerPropertyTests.property23AdamsFirstStepIsAlphaWithBiasCorrectionAnd316AlphaWithout"),
    Entry(
      "AdamW", .optimizer, "w −= η·λ·w, then Adam's step", deck: "D2", paper: "Loshchilov & Hutter 2019",
      test: "OptimizerFixtureTests.aHundredStepsEqualPyTorchsToAMillionth"),
    Entry(
      "Adagrad", .optimizer, "s += g²; w −= η·g / (√s + ε)", deck: "D3", paper: "Duchi et al. 2011",
      test: "OptimizerFixtureTests.aHundredStepsEqualPyTorchsToAMillionth"),
    Entry(
      "SignSGD", .optimizer, "w −= η·sign(g)", deck: "D4", paper: "Seide et al. 2014, Bernstein et al. 2018",
      test: "OptimizerPropertyTests.property21SignSGDIsTheLimitOfClippingByValue"),
    Entry(
      "SAM", .optimizer, "the base's step at w by the gradient at w + ρ·g/‖g‖", deck: "D3", paper: "Foret et al. 2021",
      test: "OptimizerTests.samStepsByTheGradientAtTheTopOfTheBall"),
    Entry(
      "ParameterGroup", .optimizer, "learning rate, weight decay and trainability by patterns of paths", deck: "D0, D4",
      paper: "He et al. 2019", test: "OptimizerTests.groupsSetRateDecayAndTrainabilityByPath"),
  ]

  static let schedules: [Entry] = [
    Entry("Schedule.constant", .schedule, "η", deck: "D2", test: "OptimizerFixtureTests.schedulesEqualPyTorchs"),
    Entry(
      "Schedule.step, .milestones", .schedule, "η·factor^⌊t / every⌋; η·factor^(milestones passed)", deck: "D2, D4",
      paper: "Krizhevsky et al. 2012, He et al. 2016", test: "OptimizerFixtureTests.schedulesEqualPyTorchs"),
    Entry(
      "Plateau", .schedule, "η·decay for every so many observations without improvement", deck: "D2, D4",
      paper: "Krizhevsky et al. 2012, He et al. 2016", test: "OptimizerFixtureTests.plateausEqualPyTorchs"),
    Entry(
      "Schedule.exponential", .schedule, "η·factorᵗ", deck: "D2", test: "OptimizerFixtureTests.schedulesEqualPyTorchs"),
    Entry(
      "Schedule.cosine", .schedule, "η·½(1 + cos(πt / T))", deck: "D2", paper: "Loshchilov & Hutter 2017",
      test: "OptimizerFixtureTests.schedulesEqualPyTorchs"),
    Entry(
      "Schedule.oneCycle", .schedule, "up along half a cosine, down along another", deck: "D2",
      paper: "Smith & Topin 2017", test: "OptimizerFixtureTests.schedulesEqualPyTorchs"),
    Entry(
      "Schedule.warmup", .schedule, "η·(t + 1)/T, then another schedule", deck: "D2", paper: "Goyal et al. 2017",
      test: "OptimizerFixtureTests.schedulesEqualPyTorchs"),
  ]

  static let gradientTools: [Entry] = [
    Entry(
      "Gradients.clip(toValue:)", .gradients, "min(limit, max(−limit, g))", deck: "D4", paper: "Mikolov 2012",
      test: "OptimizerPropertyTests.property21ClipByValueBoundsEachNumber"),
    Entry(
      "Gradients.clip(toNorm:)", .gradients, "g·limit / max(‖g‖, limit)", deck: "D4", paper: "Pascanu et al. 2013",
      test: "OptimizerPropertyTests.property21ClipByNormKeepsTheDirectionAndBoundsTheNorm"),
    Entry(
      "Gradients.clipAdaptively", .gradients, "each unit: ‖G‖ ≤ clipping·max(‖W‖, floor)", deck: "D3",
      paper: "Brock et al. 2021", test: "GradientClippingTests.adaptiveClippingBoundsEachUnitByItsWeights"),
    Entry(
      "GradientClipper(.medianMultiple)", .gradients, "‖g‖ ≤ c·median of the last norms", deck: "D4",
      test: "GradientClippingTests.theRunningMedianBoundsTheNorm"),
    Entry(
      "Gradients.checkFinite", .gradients, "an error that names the parameter", deck: "D2",
      test: "GradientClippingTests.aGradientThatIsNotFiniteIsAnErrorThatNamesTheParameter"),
  ]
}
