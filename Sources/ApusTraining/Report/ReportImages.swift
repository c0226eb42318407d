import ApusCore

/// The pictures of a report, filters and wrongly classified images, inside the page.
struct ReportImages {
  let format: PictureFormat

  /// The filters of a first layer, one picture each.
  ///
  /// - Parameter filters: `[KH, KW, Cin, Cout]`. With three input channels a filter is shown in color, 0 as middle gray; else each
  ///   input channel by itself: orange is positive, blue negative, neutral 0. The scale is the same for all.
  /// - Returns: at most `limit` data URLs.
  func filters(_ filters: Tensor, limit: Int = 96) throws -> [String] {
    let (height, width, inputs, outputs) = (filters.shape[0], filters.shape[1], filters.shape[2], filters.shape[3])
    let weights = filters.array(of: Float.self)
    let largest = max(weights.reduce(0) { max($0, $1.magnitude) }, .leastNormalMagnitude)
    func weight(_ pixel: Int, _ input: Int, _ output: Int) -> Float {
      weights[(pixel * inputs + input) * outputs + output] / largest
    }
    let inColor = inputs == 3
    var pictures: [String] = []
    for output in 0..<outputs {
      for input in 0..<(inColor ? 1 : inputs) where pictures.count < limit {
        var pixels: [UInt8] = []
        for pixel in 0..<height * width {
          if inColor {
            for channel in 0..<3 { pixels.append(UInt8((127.5 + 127.5 * weight(pixel, channel, output)).rounded())) }
          } else {
            pixels += ReportImages.diverging(weight(pixel, input, output))
          }
        }
        pictures.append(try format.dataURL(of: Tensor(pixels, shape: [height, width, 3])))
      }
    }
    return pictures
  }

  /// −1 blue, 0 near white, 1 orange.
  private static func diverging(_ value: Float) -> [UInt8] {
    let neutral: [Float] = [246, 246, 244]
    let end: [Float] = value < 0 ? [33, 102, 172] : [200, 90, 20]
    let part = min(value.magnitude, 1)
    return zip(neutral, end).map { UInt8(($0 + ($1 - $0) * part).rounded()) }
  }
}
