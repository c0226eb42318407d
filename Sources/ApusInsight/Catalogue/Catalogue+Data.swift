import ApusCore
import ApusData
import ApusLayers
import ApusTraining

extension Catalogue {
  static let regularizers: [Entry] = [
    Entry(
      "Dropout", .regularization, "x·m / (1 − p), m ~ Bernoulli(1 − p); vanilla: x·m, and x·(1 − p) at test",
      lectures: [2, 4],
      paper: "Srivastava et al. 2014",
      test: "ConvolutionPropertyTests.property20InvertedAndVanillaDropoutHaveTheSameMean"),
    Entry(
      "Phase.monteCarlo", .regularization, "dropout's masks at test time: the mean and spread of many passes",
      lectures: [4],
      paper: "Gal & Ghahramani 2016", test: "PhaseTests.masksAreKeyed"),
    Entry(
      "EarlyStopping", .regularization, "stops after `patience` epochs without progress, restores the best",
      lectures: [2],
      test: "AugmentationTests.earlyStoppingRestoresTheBestEpoch"),
    Entry(
      "Ensemble", .regularization, "p = mean of the members' probabilities", lectures: [2, 4], paper: "Breiman 1996",
      test: "DataPropertyTests.property31AnEnsembleIsAtLeastAsAccurateAsItsMembersOnAverage"),
    Entry(
      "DataSplit.bootstrap", .regularization, "N draws with replacement: bagging", lectures: [2], paper: "Breiman 1996",
      test: "AugmentationTests.foldsCoverEverySampleOnceWithTheClassesShares"),
    Entry(
      "ridge regression", .regularization, "min ‖Xw − y‖² + λ‖w‖²", lectures: [3],
      test: "DataPropertyTests.aPolynomialOverfitsAndARidgeTermHelps"),
  ]

  static let dataTools: [Entry] = [
    Entry(
      "Augmentation(flipsHorizontally:)", .data, "left and right exchanged with probability ½", lectures: [2],
      test: "AugmentationTests.flipsMirrorAboutHalfOfTheImages"),
    Entry(
      "Augmentation(maximumShift:)", .data, "a random crop of the image with padding around it", lectures: [2],
      paper: "He et al. 2016", test: "AugmentationTests.itIsAFunctionOfSeedEpochAndSample"),
    Entry(
      "Augmentation(colorJitter:)", .data, "brightness, contrast and saturation by factors around 1", lectures: [2],
      test: "AugmentationTests.jitterChangesWhatItsNameSays"),
    Entry(
      "Augmentation(cutout:)", .data, "a square of the mean color", lectures: [2], paper: "DeVries & Taylor 2017",
      test: "AugmentationTests.cutoutIsOneSquareOfTheMeanColor"),
    Entry(
      "TenCrop", .data, "p = mean over four corners, center, and their mirror images", lectures: [2],
      paper: "Krizhevsky et al. 2012", test: "DataPropertyTests.property27FlippingTwiceIsNothingAndTenCropGivesTen"),
    Entry(
      "resize2d", .data, "nearest, box, bilinear, bicubic, Lanczos, with or without antialiasing", lectures: [2],
      paper: "Keys 1981", test: "PyTorchFixtureTests.resizingAndItsGradients"),
    Entry(
      "SegmentationMetrics", .data, "IoU_i = n_ii / (t_i + p_i − n_ii), their mean; pixel and mean accuracy",
      lectures: [3],
      paper: "Long et al. 2015", test: "SegmentationMetricsTests.theFourMeasuresByHand"),
    Entry(
      "TrainingRun.Request.localizes", .data,
      "class and box (x, y, width, height) by two heads on one feature; CE + 5 · Σ smooth L1; IoU = |A ∩ B| / |A ∪ B|",
      lectures: [2],
      paper: "Girshick 2015", test: "LocalizationTests.theLossIsThatOfTheClassAndOfTheBox"),
    Entry(
      "ComposedScenes", .data, "pixel += ink · (brightness − pixel); label = 1 + class where ink ≥ 0.35", lectures: [3],
      test: "ComposedScenesTests.labelsAreTheInkOfTheSplitsDigits"),
    Entry(
      "Normalization", .data, "(x / 255 − mean) / deviation, a pair per channel", lectures: [1, 2],
      test: "DataPropertyTests.property26AMeanImageHasTheImagesShapeAndAChannelMeanThreeNumbers"),
    Entry(
      "MeanImage", .data, "x / 255 − mean image [H, W, C]", lectures: [1], paper: "Krizhevsky et al. 2012",
      test: "DataPropertyTests.property26AMeanImageHasTheImagesShapeAndAChannelMeanThreeNumbers"),
    Entry(
      "PrincipalComponents", .data, "whitened = (x − mean)·Vᵀ / √variance", lectures: [1],
      test: "DataPropertyTests.property26WhiteningMakesTheCovarianceTheIdentity"),
    Entry(
      "DataSplit.folds", .data, "k stratified pairs of training and validation parts", lectures: [2],
      test: "AugmentationTests.foldsCoverEverySampleOnceWithTheClassesShares"),
    Entry(
      "SearchSpace, search", .data, "grid and random search; the median rule stops bad runs", lectures: [2],
      paper: "Bergstra & Bengio 2012, Golovin et al. 2017",
      test: "AugmentationTests.searchingStopsBadRunsAndSortsTheOthers"),
    Entry(
      "ToySet", .data, "quadrants (XOR), annulus, three modes, polynomial regression", lectures: [1, 3],
      test: "DataPropertyTests.property29ALinearModelFailsWhereATwoLayerNetSolves"),
  ]
}
