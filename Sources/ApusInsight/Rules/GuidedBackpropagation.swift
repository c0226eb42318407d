import ApusCore
import ApusLayers

extension BackwardRule {
  /// Guided backpropagation: a gradient goes back through a ReLU where both the unit was active and the gradient is positive,
  /// R(x) = [x > 0] · max(g, 0). Springenberg et al. 2015, "Striving for simplicity: the all convolutional net".
  public static var guided: BackwardRule {
    BackwardRule { operation in
      guard operation == .activation(.relu) else { return nil }
      return { step, gradient in
        [Kernels.activationBackward(.relu, saved: step.output, gradient: relu(gradient))]
      }
    }
  }

  /// The deconvolutional network: back through a ReLU goes what is positive of the gradient, whether or not the unit was active,
  /// R = max(g, 0); back through max pooling to the place of the maximum, the switch; through a convolution by its transposed
  /// filters, which is its gradient. Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks".
  public static var deconvolution: BackwardRule {
    BackwardRule { operation in operation == .activation(.relu) ? { _, gradient in [relu(gradient)] } : nil }
  }
}
