import ApusCore
import ApusSupport

/// Maps stored bytes to the numbers that a network sees: (byte / 255 − mean) / deviation, a mean and a deviation a channel.
///
/// Always the training split's, also for validation, test and prediction: it belongs to the model and is recorded with it.
public struct Normalization: Hashable, Sendable, Codable {
  /// Of the bytes divided by 255, a value a channel.
  public let mean: [Float]
  /// The population's standard deviation; 1 where a channel is constant, which is then only centered.
  public let deviation: [Float]

  /// Number of channels, each with a mean and a deviation.
  package var channels: Int { mean.count }

  /// Statistics of bytes divided by 255. Traps unless there are as many deviations as means, at least one, all finite, and deviations
  /// above 0.
  public init(mean: [Float], deviation: [Float]) {
    if mean.count != deviation.count || mean.isEmpty {
      fatalError("normalization with \(mean.count) means and \(deviation.count) deviations: one of each per channel")
    }
    if let channel = mean.indices.first(where: {
      !mean[$0].isFinite || !deviation[$0].isFinite || deviation[$0] <= 0
    }) {
      fatalError(
        """
        normalization of channel \(channel) by mean \(mean[channel]) and deviation \(deviation[channel]): expected finite numbers, and \
        a deviation above 0
        """)
    }
    self.mean = mean
    self.deviation = deviation
  }

  /// Of ImageNet's training images, red, green and blue: what torchvision's weights were trained with.
  public static let imageNet = Normalization(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])

  /// The bytes divided by 255 as they are, for a network whose first layer does the rest.
  package static func none(channels: Int) -> Normalization {
    Normalization(
      mean: Array(repeating: 0, count: channels), deviation: Array(repeating: 1, count: channels))
  }

  /// Of the images of `dataset` at `indices`. The sums are exact, so that no order of summation can change a bit.
  /// Of no images: mean 0 and deviation 1.
  public init(of dataset: ImageDataset, at indices: [Int32]) {
    let channels = dataset.channels
    let size = dataset.height * dataset.width * channels
    var sums = [UInt64](repeating: 0, count: channels)
    var squares = [UInt64](repeating: 0, count: channels)
    dataset.images.withUnsafeScalars(of: UInt8.self) { bytes in
      for index in indices {
        let image = bytes[Int(index) * size..<(Int(index) + 1) * size]
        for channel in 0..<channels {
          var sum: UInt64 = 0
          var square: UInt64 = 0
          for position in stride(from: image.startIndex + channel, to: image.endIndex, by: channels) {
            let value = UInt64(image[position])
            sum &+= value
            square &+= value &* value
          }
          sums[channel] += sum
          squares[channel] += square
        }
      }
    }
    let count = Double(max(1, indices.count * dataset.height * dataset.width))
    let means = sums.map { Double($0) / count }
    let deviations = zip(squares, means).map { square, mean in max(0, Double(square) / count - mean * mean).squareRoot()
    }
    self.init(mean: means.map { Float($0 / 255) }, deviation: deviations.map { $0 == 0 ? 1 : Float($0 / 255) })
  }

  /// Factor and offset a channel with which a byte b becomes b · factor + offset.
  package var affine: (factors: [Float], offsets: [Float]) {
    (deviation.map { 1 / (255 * $0) }, zip(mean, deviation).map { -$0 / $1 })
  }

  /// uint8 `[N, H, W, C]` to float32 of the same shape.
  public func callAsFunction(_ images: Tensor) -> Tensor {
    if images.scalarType != .uint8 || images.rank != 4 || images.shape[3] != channels {
      fatalError("normalization of uint8 [N, H, W, \(channels)] was given \(images.scalarType) \(images.shape)")
    }
    let (factors, offsets) = affine
    return images.withUnsafeScalars(of: UInt8.self) { bytes in
      Tensor(shape: images.shape, of: Float.self) { output in
        for index in bytes.indices {
          output.initializeElement(
            at: index, to: Float(bytes[index]) * factors[index % channels] + offsets[index % channels])
        }
      }
    }
  }
}

extension Normalization {
  private enum CodingKeys: String, CodingKey { case mean, deviation }

  /// Throws `DecodingError` unless there are as many deviations as means, at least one, and each is above 0.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let mean = try values.decode([Float].self, forKey: .mean)
    let deviation = try values.decode([Float].self, forKey: .deviation)
    guard !mean.isEmpty, mean.count == deviation.count, (mean + deviation).allSatisfy(\.isFinite),
      deviation.allSatisfy({ $0 > 0 })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .deviation, in: values,
        debugDescription: "\(mean.count) means and deviations \(deviation): one of each per channel, above 0")
    }
    self.init(mean: mean, deviation: deviation)
  }
}
