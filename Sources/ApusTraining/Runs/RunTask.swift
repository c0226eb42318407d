import ApusCore
import ApusData
import ApusFigures
import ApusInterchange
import ApusSupport

/// What the runs of one kind of task do in their own way.
protocol RunTask {
  /// Metadata of the model's file. No time, path or number of threads: the same training gives the same bytes.
  var modelMetadata: [String: String] { get }

  /// What a finished run is said to be, beside its numbers.
  ///
  /// - Parameters:
  ///   - trainer: with the model that is kept loaded.
  ///   - test: what was counted on the test samples.
  ///   - pictures: how pictures are written.
  ///   - result: to be completed.
  func details(
    _ trainer: Trainer, _ record: RunRecord, test: any Metrics, pictures: PictureFormat, in folder: RunFolder,
    _ result: inout RunRecord.Result
  ) throws -> ReportDetails
}

/// A task that a program says by itself: of its samples, its labels and its network nothing is known here.
struct OwnTask: RunTask {
  var modelMetadata: [String: String] { ["format": "pt", WeightsFile.layoutKey: WeightsFile.Layout.apus.rawValue] }

  func details(
    _ trainer: Trainer, _ record: RunRecord, test: any Metrics, pictures: PictureFormat, in folder: RunFolder,
    _ result: inout RunRecord.Result
  ) throws -> ReportDetails {
    ReportDetails(samples: "sample")
  }
}

/// A classifier of images.
struct ClassificationTask: RunTask {
  let data: DataSplits
  let network: String
  let images: ImageFolder.Options?
  let map: ImageMap?

  var modelMetadata: [String: String] { TrainedModel.metadata(data, network: network, images: images, map: map) }

  func details(
    _ trainer: Trainer, _ record: RunRecord, test: any Metrics, pictures: PictureFormat, in folder: RunFolder,
    _ result: inout RunRecord.Result
  ) throws -> ReportDetails {
    guard let test = test as? ClassificationMetrics else { fatalError("a classifier without its metrics") }
    result.didNotLearn = Learning.failure(trainer.rows, data, isPlain: trainer.settings.isPlainCrossEntropy)
    return try ReportDetails(test, data: data, pictures: pictures)
  }
}
