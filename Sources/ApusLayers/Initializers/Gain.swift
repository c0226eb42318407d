#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Initializer {
  /// What a layer's nonlinearity does to the deviation of its input, to be made good by its weights.
  public enum Gain: Sendable {
    /// Factors 1, √2, 5/3, 1 and 3/4.
    case linear, relu, tanh, sigmoid, selu
    /// √(2 / (1 + slope²)).
    case leakyReLU(slope: Double = 0.01)
    /// Any other factor, as `preservingSecondMoment(of:)` finds one.
    case value(Double)

    /// As `torch.nn.init.calculate_gain` has them: 1 for none and the sigmoid, 5/3 for tanh, √2 for ReLU, √(2 / (1 +
    /// slope²)) for leaky ReLU (He et al. 2015), 3/4 for SELU.
    package var factor: Double {
      switch self {
      case .linear, .sigmoid: 1
      case .relu: 2.squareRoot()
      case .tanh: 5.0 / 3
      case .selu: 0.75
      case .leakyReLU(let slope): (2 / (1 + slope * slope)).squareRoot()
      case .value(let value): value
      }
    }

    /// 1 / √E[f(x)²] for standard normal x: with it the second moment stays what it is through any number of layers,
    /// which is He's derivation for whatever function. √2 for ReLU; 1.5925 for tanh, where PyTorch's 5/3 also allows
    /// for its correlations.
    public static func preservingSecondMoment(of function: (Double) -> Double) -> Gain {
      let (step, bound) = (1.0 / 256, 12.0)
      var moment = 0.0
      for index in 0...Int(2 * bound / step) {
        let x = Double(index) * step - bound
        let y = function(x)
        moment += y * y * exp(-x * x / 2)
      }
      return .value((1 / (moment * step / (2 * Double.pi).squareRoot())).squareRoot())
    }
  }
}
