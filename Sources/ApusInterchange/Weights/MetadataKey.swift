/// What files of a run are told by: entries of a safetensors file's metadata, and the model's name in the run's folder.
package enum MetadataKey {
  /// The state of a training run, in its checkpoint.
  package static let training = "apus.training"
  /// The description of a trained model.
  package static let model = "apus.model"
  /// The description of a network with scores for every pixel.
  package static let segmentation = "apus.segmentation"
  /// The description of a network with a head for a box.
  package static let localization = "apus.localization"
  /// The model's file in the folder of a run.
  package static let modelFile = "model.safetensors"
}
