import ApusCore
import ApusData
import ApusLayers
import ApusTraining

extension Catalogue {
  static let regularisers: [Entry] = [
    Entry(
      "Dropout", .regularisation, "x·m / (1 − p), m ~ Bernoulli(1 − p); vanilla: x·m, and x·(1 − p) at test",
      deck: "D2, D4",
      paper: "Srivastava et al. 2014",
      test: "ConvolutionPropertyTests.property20InvertedAndVanillaDropoutHaveTheSameMean"),
    Entry(
      "Phase.monteCarlo", .regularisation, "dropout's masks at test time: the mean and spread of many passes",
      deck: "D4",
      paper: "Gal & Ghahramani 2016", test: "PhaseTests.masksAreKeyed"),
    Entry(
      "EarlyStopping", .regularisation, "stops after `patience` epochs without progress, restores the best", deck: "D2",
      test: "AugmentationTests.earlyStoppingRestoresTheBestEpoch"),
    Entry(
      "Ensemble", .regularisation, "p = mean of the members' probabilities", deck: "D2, D4", paper: "Breiman 1996",
      test: "DataPropertyTests.property31AnEnsembleIsAtLeastAsAccurateAsItsMembersOnAverage"),
    Entry(
      "DataSplit.bootstrap", .regularisation, "N draws with replacement: bagging", deck: "D2", paper: "Breiman 1996",
      test: "AugmentationTests.foldsCoverEverySampleOnceWithTheClassesShares"),
    Entry(
      "ridge regression", .regularisation, "min ‖Xw − y‖² + λ‖w‖²", deck: "D3",
      test: "DataPropertyTests.aPolynomialOverfitsAndARidgeTermHelps"),
  ]

  static let dataTools: [Entry] = [
    Entry(
      "Augmentation(flipsHorizontally:)", .data, "left and right exchanged with probability ½", deck: "D2",
      test: "AugmentationTests.flipsMirrorAboutHalfOfTheImages"),
    Entry(
      "Augmentation(maximumShift:)", .data, "a random crop of the image with padding around it", deck: "D2",
      paper: "He et al. 2016", test: "AugmentationTests.itIsAFunctionOfSeedEpochAndSample"),
    Entry(
      "Augmentation(colourJitter:)", .data, "brightness, contrast and saturation by factors around 1", deck: "D2",
      test: "AugmentationTests.jitterChangesWhatItsNameSays"),
    Entry(
      "Augmentation(cutout:)", .data, "a square of the mean colour", deck: "D2", paper: "DeVries & Taylor 2017",
      test: "AugmentationTests.cutoutIsOneSquareOfTheMeanColour"),
    Entry(
      "TenCrop", .data, "p = mean over four corners, centre, and their mirror images", deck: "D2",
      paper: "Krizhevsky et al. 2012", test: "DataPropertyTests.property27FlippingTwiceIsNothingAndTenCropGivesTen"),
    Entry(
      "resize2d", .data, "nearest, box, bilinear, bicubic, Lanczos, with or without antialiasing", deck: "D2",
      paper: "Keys 1981", test: "PyTorchFixtureTests.resizingAndItsGradients"),
    Entry(
      "SegmentationMetrics", .data, "IoU_i = n_ii / (t_i + p_i − n_ii), their mean; pixel and mean accuracy",
      deck: "D3",
      paper: "Long et al. 2015", test: "SegmentationMetricsTests.theFourMeasuresByHand"),
    Entry(
      "ComposedScenes", .data, "pixel += ink · (brightness − pixel); label = 1 + class where ink ≥ 0.35", deck: "D3",
      test: "ComposedScenesTests.labelsAreTheInkOfTheSplitsDigits"),
    Entry(
      "Normalization", .data, "(x / 255 − mean) / deviation, a pair a channel", deck: "D1, D2",
      test: "DataPropertyTests.property26AMeanImageHasTheImagesShapeAndAChannelMeanThreeNumbers"),
    Entry(
      "MeanImage", .data, "x / 255 − mean image [H, W, C]", deck: "D1", paper: "Krizhevsky et al. 2012",
      test: "DataPropertyTests.property26AMeanImageHasTheImagesShapeAndAChannelMeanThreeNumbers"),
    Entry(
      "PrincipalComponents", .data, "whitened = (x − mean)·Vᵀ / √variance", deck: "D1",
      test: "DataPropertyTests.property26WhiteningMakesTheCovarianceTheIdentity"),
    Entry(
      "DataSplit.folds", .data, "k stratified pairs of training and validation parts", deck: "D2",
      test: "AugmentationTests.foldsCoverEverySampleOnceWithTheClassesShares"),
    Entry(
      "SearchSpace, search", .data, "grid and random search; the median rule stops bad runs", deck: "D2",
      paper: "Bergstra & Bengio 2012, Golovin et al. 2017",
      test: "AugmentationTests.searchingStopsBadRunsAndSortsTheOthers"),
    Entry(
      "ToySet", .data, "quadrants (XOR), annulus, three modes, polynomial regression", deck: "D1, D3",
      test: "DataPropertyTests.property29ALinearModelFailsWhereATwoLayerNetSolves"),
  ]
}
