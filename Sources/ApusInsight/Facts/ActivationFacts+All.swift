import ApusLayers

extension ActivationFacts {
  /// Every activation function of the library: a line each is all the registration that one needs.
  package static let all: [ActivationFacts] = [
    identity,
    threshold,
    sigmoid,
    tanh,
    relu,
    leakyReLU(),
    prelu,
    elu,
    maxout,
    swish,
    gelu,
    softplus,
    relu6,
    hardtanh,
    hardSigmoid,
    hardSwish,
  ]

  /// With alpha 1.
  package static let elu = ActivationFacts(
    name: "ELU", equation: "x > 0 ? x : α(e^x − 1)", paper: "Clevert, Unterthiner & Hochreiter 2016",
    lectures: [0, 1, 4], range: -1 ... .infinity, saturation: .negative, centering: .bothSigns,
    cost: .exponential, isMonotone: true, canDie: false, gain: nil, function: { ApusLayers.elu($0) })

  /// The exact form, with Φ the standard normal distribution function; its minimum is −0.17.
  package static let gelu = ActivationFacts(
    name: "GELU", equation: "x · Φ(x)", paper: "Hendrycks & Gimpel 2016", lectures: [],
    range: -0.16997120747990369 ... .infinity, saturation: .negative, centering: .bothSigns, cost: .exponential,
    isMonotone: false, canDie: false, gain: nil, function: { ApusLayers.gelu($0) })

  /// A unit without an activation function: gain 1.
  package static let identity = ActivationFacts(
    name: "Identity", equation: "x", paper: "", lectures: [], range: -.infinity ... .infinity, saturation: .none,
    centering: .zero, cost: .comparison, isMonotone: true, canDie: false, gain: 1, function: { $0 })

  /// Gain √(2 / (1 + slope²)). The slope 0.01 is the default of `LeakyReLU` and of PyTorch.
  package static func leakyReLU(slope: Double = 0.01) -> ActivationFacts {
    ActivationFacts(
      name: "LeakyReLU", equation: "x > 0 ? x : slope · x", paper: "Maas, Hannun & Ng 2013",
      lectures: [0, 1, 3, 4], range: -.infinity ... .infinity, saturation: .none, centering: .bothSigns,
      cost: .comparison, isMonotone: true, canDie: false, gain: (2 / (1 + slope * slope)).squareRoot(),
      function: { ApusLayers.leakyReLU($0, slope: slope) })
  }

  /// Of its pieces: monotone in each, and no function of one element.
  package static let maxout = ActivationFacts(
    name: "Maxout", equation: "max over j of (wⱼᵀx + bⱼ)", paper: "Goodfellow et al. 2013",
    lectures: [0, 1, 2, 4],
    range: -.infinity ... .infinity, saturation: .none, centering: .bothSigns, cost: .comparison, isMonotone: true,
    canDie: false, gain: nil, function: nil)

  /// At the initial slope of 0.25.
  package static let prelu = ActivationFacts(
    name: "PReLU", equation: "x > 0 ? x : a · x, a learned", paper: "He et al. 2015", lectures: [3, 4],
    range: -.infinity ... .infinity, saturation: .none, centering: .bothSigns, cost: .comparison, isMonotone: true,
    canDie: false, gain: (2 / (1 + 0.25 * 0.25)).squareRoot(),
    function: { ApusLayers.prelu($0, slope: .full([1], 0.25, $0.scalarType)) })

  /// Gain √2, as half of all symmetric inputs become 0 (He et al. 2015).
  package static let relu = ActivationFacts(
    name: "ReLU", equation: "max(x, 0)", paper: "Nair & Hinton 2010", lectures: [0, 1, 2, 3, 4],
    range: 0 ... .infinity, saturation: .negative, centering: .positive, cost: .comparison, isMonotone: true,
    canDie: true, gain: 2.squareRoot(), function: { ApusLayers.relu($0) })

  /// Gain 1, which is PyTorch's.
  package static let sigmoid = ActivationFacts(
    name: "Sigmoid", equation: "1 / (1 + e^−x)", paper: "Rumelhart, Hinton & Williams 1986",
    lectures: [0, 1, 2, 3, 4], range: 0...1, saturation: .both, centering: .positive, cost: .exponential,
    isMonotone: true, canDie: false, gain: 1, function: { ApusLayers.sigmoid($0) })

  /// A smooth ReLU: log(1 + e^x) tends to 0 on the left and to x on the right.
  package static let softplus = ActivationFacts(
    name: "Softplus", equation: "log(1 + e^x)", paper: "Dugas et al. 2001", lectures: [], range: 0 ... .infinity,
    saturation: .negative, centering: .positive, cost: .exponential, isMonotone: true, canDie: false, gain: nil,
    function: { ApusLayers.softplus($0) })

  /// With beta 1.
  package static let swish = ActivationFacts(
    name: "Swish", equation: "x · σ(βx)", paper: "Ramachandran, Zoph & Le 2017", lectures: [3],
    range: -0.27846454276107379 ... .infinity, saturation: .negative, centering: .bothSigns, cost: .exponential,
    isMonotone: false, canDie: false, gain: nil, function: { ApusLayers.swish($0) })

  /// Gain 5/3, which is PyTorch's.
  package static let tanh = ActivationFacts(
    name: "Tanh", equation: "tanh x = 2σ(2x) − 1", paper: "LeCun et al. 1998", lectures: [0, 1, 2, 3, 4],
    range: -1...1, saturation: .both, centering: .zero, cost: .exponential, isMonotone: true, canDie: false,
    gain: 5.0 / 3, function: { ApusLayers.tanh($0) })

  /// The perceptron's step. Its derivative is 0 on both sides, so nothing before it learns by gradients.
  package static let threshold = ActivationFacts(
    name: "Threshold", equation: "1[x > 0]", paper: "Rosenblatt 1958", lectures: [3], range: 0...1, saturation: .both,
    centering: .positive, cost: .comparison, isMonotone: true, canDie: true, gain: nil,
    function: { ApusLayers.threshold($0) })

  /// PyTorch's slope of 1/6.
  package static let hardSigmoid = ActivationFacts(
    name: "HardSigmoid", equation: "min(max(x + 3, 0), 6) / 6", paper: "Howard et al. 2019", lectures: [],
    range: 0...1, saturation: .both, centering: .positive, cost: .comparison, isMonotone: true, canDie: true,
    gain: nil, kinks: [-3, 3], function: { ApusLayers.hardSigmoid($0) })

  /// Its minimum is at −1.5.
  package static let hardSwish = ActivationFacts(
    name: "HardSwish", equation: "x · min(max(x + 3, 0), 6) / 6", paper: "Howard et al. 2019", lectures: [],
    range: -0.375 ... .infinity, saturation: .negative, centering: .bothSigns, cost: .comparison, isMonotone: false,
    canDie: true, gain: nil, kinks: [-3, 3], function: { ApusLayers.hardSwish($0) })

  /// With the bounds −1 and 1.
  package static let hardtanh = ActivationFacts(
    name: "Hardtanh", equation: "min(max(x, a), b)", paper: "Collobert 2004", lectures: [], range: -1...1,
    saturation: .both, centering: .zero, cost: .comparison, isMonotone: true, canDie: true, gain: nil,
    kinks: [-1, 1], function: { ApusLayers.hardtanh($0) })

  /// A ReLU that ends at 6.
  package static let relu6 = ActivationFacts(
    name: "ReLU6", equation: "min(max(x, 0), 6)", paper: "Krizhevsky 2010", lectures: [], range: 0...6,
    saturation: .both, centering: .positive, cost: .comparison, isMonotone: true, canDie: true, gain: nil,
    kinks: [0, 6], function: { ApusLayers.relu6($0) })
}
