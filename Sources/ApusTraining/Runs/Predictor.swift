import ApusCore
import ApusData
import ApusInference
import ApusLayers

/// A trained model compiled for one image at a time; see `TrainedModel.predictor`.
public final class Predictor {
  private let model: TrainedModel
  private let compiled: Compiled

  init(_ model: TrainedModel) throws {
    self.model = model
    compiled = try model.model.compiled(for: Shape([1] + model.input))
  }

  /// Classes with their probabilities, the most probable first.
  ///
  /// - Parameters:
  ///   - image: uint8 `[1, H, W, C]` of the model's input shape.
  ///   - source: names the image in errors.
  public func predict(_ image: Tensor, from source: String) throws -> [(className: String, probability: Double)] {
    if image.shape != compiled.inputShape {
      throw DataError(
        source, found: "an image of shape \(image.shape)",
        expected: "\(compiled.inputShape), which the model was made for")
    }
    let probabilities = softmax(try compiled(model.normalization(image))).array(of: Float.self)
    return zip(model.classNames, probabilities).map { ($0, Double($1)) }.sorted { $0.probability > $1.probability }
  }
}

extension TrainedModel {
  /// Compiles the model as it is now for predicting images one by one: what to keep where there are several.
  public func predictor() throws -> Predictor { try Predictor(self) }
}
