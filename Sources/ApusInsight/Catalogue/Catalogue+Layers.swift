import ApusCore
import ApusLayers
import ApusNetworks

extension Catalogue {
  static let layers: [Entry] = [
    Entry(
      "Linear", .layer, "y = x·W + b, W [in, out]", lectures: [2, 3], test: "PyTorchFixtureTests.linearAndItsGradients"),
    Entry(
      "Conv2D", .layer, "y[i, j, k] = b[k] + Σ x[i·s + u·d − p, j·s + v·d − p, c]·w[u, v, c, k]",
      lectures: [0, 2, 3, 4],
      paper: "LeCun et al. 1998", test: "PyTorchFixtureTests.conv2dAndItsGradients"),
    Entry(
      "Conv2D(dilation:)", .layer, "a kernel stuffed with d − 1 zeros between its taps", lectures: [3],
      paper: "Yu & Koltun 2016", test: "ConvolutionPropertyTests.property5ADilatedKernelIsOneStuffedWithZeros"),
    Entry(
      "Conv2D(groups:)", .layer, "each group of outputs sees its own group of inputs; groups = channels is depthwise",
      lectures: [4], paper: "Krizhevsky et al. 2012", test: "PyTorchFixtureTests.conv2dAndItsGradients"),
    Entry(
      "Conv2D.asToeplitz", .layer, "conv(x) = T·vec(x) + b", lectures: [3],
      test: "ConvolutionPropertyTests.property3ConvolutionIsAToeplitzMatrixTimesTheImage"),
    Entry(
      "ConvTranspose2D", .layer, "y[i·s + u·d − p, j·s + v·d − p, k] += x[i, j, c]·w[u, v, k, c]", lectures: [0, 3],
      paper: "Zeiler et al. 2010", test: "PyTorchFixtureTests.convTranspose2dAndItsGradients"),
    Entry(
      "LocallyConnected2D", .layer, "y[i, j] = b[i, j] + window(i, j)·w[i, j]: a convolution without shared filters",
      lectures: [3], test: "LayerTests.aLocallyConnectedLayerWithEqualFiltersIsAConvolution"),
    Entry(
      "patches", .layer, "conv(x) = patches(x)·w", lectures: [3], test: "LayerTests.gradientsOfEnlargingAndLocalLayers"),
    Entry(
      "ImageFilter", .layer, "fixed kernels: edges, box, sharpen, gaussian", lectures: [2],
      test: "LayerTests.fixedFiltersDoWhatTheirNamesSay"),
    Entry(
      "MaxPool2D", .layer, "y = max over the window; the gradient goes to the first maximum", lectures: [0, 2, 4],
      test: "ConvolutionPropertyTests.property28MaxPoolSendsTheGradientToTheMaximumOnly"),
    Entry(
      "MaxPool2D(ceilMode:)", .layer, "⌈(size + 2p − k) / s⌉ + 1 windows", lectures: [4], paper: "Szegedy et al. 2015",
      test: "PyTorchFixtureTests.ceilModePoolingAndItsGradients"),
    Entry(
      "AveragePool2D", .layer, "y = mean over the window", lectures: [3],
      test: "PyTorchFixtureTests.poolingAndItsGradients"),
    Entry(
      "AdaptiveAveragePool2D", .layer, "y[i] = mean over ⌊i·s / n⌋ ..< ⌈(i + 1)·s / n⌉: n cells of any image",
      lectures: [4],
      test: "PyTorchFixtureTests.adaptivePoolingAndItsGradients"),
    Entry(
      "GlobalAveragePool2D", .layer, "y[c] = mean over the image", lectures: [4], paper: "Lin et al. 2014",
      test: "LayerTests.globalPoolingIsOverTheImage"),
    Entry(
      "GlobalMaxPool2D", .layer, "y[c] = max over the image", lectures: [4],
      test: "LayerTests.globalPoolingIsOverTheImage"),
    Entry(
      "ChannelPool", .layer, "max or mean over neighboring channels", lectures: [3],
      test: "LayerTests.gradientsOfEnlargingAndLocalLayers"),
    Entry(
      "Upsample2D", .layer, "nearest or bilinear enlargement", lectures: [3], paper: "Long et al. 2015",
      test: "PyTorchFixtureTests.resizingAndItsGradients"),
    Entry(
      "Conv1D", .layer, "y[i, k] = b[k] + Σ x[i·s + u·d − p, c]·w[u, c, k]", lectures: [],
      test: "SequenceTests.layersArePyTorchs"),
    Entry(
      "MaxPool1D", .layer, "y = max over the window of a sequence", lectures: [],
      test: "SequenceTests.layersArePyTorchs"),
    Entry(
      "AveragePool1D", .layer, "y = mean over the window of a sequence", lectures: [],
      test: "SequenceTests.layersArePyTorchs"),
    Entry(
      "MultiHeadAttention", .layer, "softmax(q·kᵀ / √d)·v of each head, q, k, v = x·W + b", lectures: [],
      paper: "Vaswani et al. 2017", test: "SequenceTests.layersArePyTorchs"),
    Entry(
      "SqueezeExcitation", .layer, "y = x·σ(W₂·relu(W₁·mean(x)))", lectures: [], paper: "Hu et al. 2018",
      test: "SequenceTests.layersArePyTorchs"),
    Entry(
      "LayerScale", .layer, "y = x·γ, γ per channel", lectures: [], paper: "Touvron et al. 2021",
      test: "SequenceTests.aLayerScaleIsAFactorPerChannel"),
    Entry(
      "StochasticDepth", .layer, "y = x·m / (1 − p), m 0 or 1 per sample", lectures: [], paper: "Huang et al. 2016",
      test: "SequenceTests.stochasticDepthDropsWholeSamples"),
    Entry(
      "Pad2D", .layer, "numbers, a reflection or the edge around images", lectures: [],
      test: "OperatorTests.valuesAndGradientsArePyTorchs"),
    Entry(
      "PixelShuffle", .layer, "[N, H, W, C·r²] → [N, H·r, W·r, C]", lectures: [], paper: "Shi et al. 2016",
      test: "OperatorTests.valuesAndGradientsArePyTorchs"),
    Entry(
      "PixelUnshuffle", .layer, "[N, H·r, W·r, C] → [N, H, W, C·r²]", lectures: [],
      test: "OperatorTests.valuesAndGradientsArePyTorchs"),
    Entry(
      "Flatten", .layer, "[N, H, W, C] → [N, H·W·C]", lectures: [2, 3], test: "PyTorchFixtureTests.lenet5OverThreeSteps"
    ),
    Entry(
      "Sequential", .layer, "f(x) = f_n(… f_2(f_1(x)))", lectures: [2, 3],
      test: "PyTorchFixtureTests.lenet5OverThreeSteps"),
    Entry(
      "Residual", .layer, "y = F(x) + x, or F(x) + projection(x)", lectures: [3, 4], paper: "He et al. 2016",
      test: "LayerTests.residualAndConcatenationBuildPathsAndShapes"),
    Entry(
      "Concatenation", .layer, "y = [f_1(x), …, f_n(x)] along the channels: Inception", lectures: [2, 4],
      paper: "Szegedy et al. 2015", test: "LayerTests.residualAndConcatenationBuildPathsAndShapes"),
    Entry(
      "PatternNetwork", .layer, "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX", lectures: [4],
      test: "LayerTests.theLecturesPatternBuildsANetwork"),
    Entry(
      "perceptron", .layer, "y = [w·x + b > 0]: Linear and Threshold", lectures: [3], paper: "Rosenblatt 1958",
      test: "ActivationTests.aPerceptronComputesAnd"),
    Entry(
      "LogSoftmax", .layer, "x_j − max x − log Σ exp(x_k − max x)", lectures: [0, 3],
      test: "LossGradientTests.logSoftmaxOverTheLastAxis"),
    Entry(
      "Softmax", .layer, "y_j = exp(x_j − max x) / Σ exp(x_k − max x)", lectures: [1, 2, 3],
      test: "GradientTests.functionsOfElements"),
  ]
}
