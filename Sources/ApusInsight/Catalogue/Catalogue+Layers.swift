import ApusCore
import ApusLayers
import ApusNetworks

extension Catalogue {
  static let layers: [Entry] = [
    Entry(
      "Linear", .layer, "y = x·W + b, W [in, out]", deck: "D2, D3", test: "PyTorchFixtureTests.linearAndItsGradients"),
    Entry(
      "Conv2D", .layer, "y[i, j, k] = b[k] + Σ x[i·s + u·d − p, j·s + v·d − p, c]·w[u, v, c, k]",
      deck: "D0, D2, D3, D4",
      paper: "LeCun et al. 1998", test: "PyTorchFixtureTests.conv2dAndItsGradients"),
    Entry(
      "Conv2D(dilation:)", .layer, "a kernel stuffed with d − 1 zeros between its taps", deck: "D3",
      paper: "Yu & Koltun 2016", test: "ConvolutionPropertyTests.property5ADilatedKernelIsOneStuffedWithZeros"),
    Entry(
      "Conv2D(groups:)", .layer, "each group of outputs sees its own group of inputs; groups = channels is depthwise",
      deck: "D4", paper: "Krizhevsky et al. 2012", test: "PyTorchFixtureTests.conv2dAndItsGradients"),
    Entry(
      "Conv2D.asToeplitz", .layer, "conv(x) = T·vec(x) + b", deck: "D3",
      test: "ConvolutionPropertyTests.property3ConvolutionIsAToeplitzMatrixTimesTheImage"),
    Entry(
      "ConvTranspose2D", .layer, "y[i·s + u·d − p, j·s + v·d − p, k] += x[i, j, c]·w[u, v, k, c]", deck: "D0, D3",
      paper: "Zeiler et al. 2010", test: "PyTorchFixtureTests.transposedConv2dAndItsGradients"),
    Entry(
      "LocallyConnected2D", .layer, "y[i, j] = b[i, j] + window(i, j)·w[i, j]: a convolution without shared filters",
      deck: "D3", test: "LayerTests.aLocallyConnectedLayerWithEqualFiltersIsAConvolution"),
    Entry(
      "patches", .layer, "conv(x) = patches(x)·w", deck: "D3", test: "LayerTests.gradientsOfEnlargingAndLocalLayers"),
    Entry(
      "ImageFilter", .layer, "fixed kernels: edges, box, sharpen, gaussian", deck: "D2",
      test: "LayerTests.fixedFiltersDoWhatTheirNamesSay"),
    Entry(
      "MaxPool2D", .layer, "y = max over the window; the gradient goes to the first maximum", deck: "D0, D2, D4",
      test: "ConvolutionPropertyTests.property28MaxPoolSendsTheGradientToTheMaximumOnly"),
    Entry(
      "MaxPool2D(ceilMode:)", .layer, "⌈(size + 2p − k) / s⌉ + 1 windows", deck: "D4", paper: "Szegedy et al. 2015",
      test: "PyTorchFixtureTests.ceilModePoolingAndItsGradients"),
    Entry(
      "AveragePool2D", .layer, "y = mean over the window", deck: "D3",
      test: "PyTorchFixtureTests.poolingAndItsGradients"),
    Entry(
      "AdaptiveAveragePool2D", .layer, "y[i] = mean over ⌊i·s / n⌋ ..< ⌈(i + 1)·s / n⌉: n cells of any image",
      deck: "D4",
      test: "PyTorchFixtureTests.adaptivePoolingAndItsGradients"),
    Entry(
      "GlobalAveragePool2D", .layer, "y[c] = mean over the image", deck: "D4", paper: "Lin et al. 2014",
      test: "LayerTests.globalPoolingIsOverTheImage"),
    Entry(
      "GlobalMaxPool2D", .layer, "y[c] = max over the image", deck: "D4",
      test: "LayerTests.globalPoolingIsOverTheImage"),
    Entry(
      "ChannelPool", .layer, "max or mean over neighbouring channels", deck: "D3",
      test: "LayerTests.gradientsOfEnlargingAndLocalLayers"),
    Entry(
      "Upsample2D", .layer, "nearest or bilinear enlargement", deck: "D3", paper: "Long et al. 2015",
      test: "PyTorchFixtureTests.resizingAndItsGradients"),
    Entry(
      "Flatten", .layer, "[N, H, W, C] → [N, H·W·C]", deck: "D2, D3", test: "PyTorchFixtureTests.lenet5OverThreeSteps"),
    Entry(
      "Sequential", .layer, "f(x) = f_n(… f_2(f_1(x)))", deck: "D2, D3",
      test: "PyTorchFixtureTests.lenet5OverThreeSteps"),
    Entry(
      "Residual", .layer, "y = F(x) + x, or F(x) + projection(x)", deck: "D3, D4", paper: "He et al. 2016",
      test: "LayerTests.residualAndConcatenationBuildPathsAndShapes"),
    Entry(
      "Concatenation", .layer, "y = [f_1(x), …, f_n(x)] along the channels: Inception", deck: "D2, D4",
      paper: "Szegedy et al. 2015", test: "LayerTests.residualAndConcatenationBuildPathsAndShapes"),
    Entry(
      "PatternNetwork", .layer, "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX", deck: "D4",
      test: "LayerTests.theDecksPatternBuildsANetwork"),
    Entry(
      "perceptron", .layer, "y = [w·x + b > 0]: Linear and Threshold", deck: "D3", paper: "Rosenblatt 1958",
      test: "ActivationTests.aPerceptronComputesAnd"),
    Entry(
      "LogSoftmax", .layer, "x_j − max x − log Σ exp(x_k − max x)", deck: "D0, D3",
      test: "LossGradientTests.logSoftmaxOverTheLastAxis"),
    Entry(
      "Softmax", .layer, "y_j = exp(x_j − max x) / Σ exp(x_k − max x)", deck: "D1, D2, D3",
      test: "GradientTests.functionsOfElements"),
  ]
}
