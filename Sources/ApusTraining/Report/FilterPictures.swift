import ApusCore
import ApusFigures

/// The filters of a first layer as pictures, one each.
package enum FilterPictures {
  /// - Parameter filters: `[KH, KW, Cin, Cout]`. With three input channels a filter is shown in color, 0 as middle gray; else each
  ///   input channel by itself: orange is positive, blue negative, neutral 0. The scale is the same for all.
  /// - Returns: at most `limit` of them.
  package static func drawn(_ filters: Tensor, limit: Int = 96) -> [Picture] {
    let (height, width, inputs, outputs) = (filters.shape[0], filters.shape[1], filters.shape[2], filters.shape[3])
    let weights = filters.array(of: Float.self)
    let largest = max(weights.reduce(0) { max($0, $1.magnitude) }, .leastNormalMagnitude)
    func plane(_ input: Int, _ output: Int) -> [Float] {
      (0..<height * width).map { weights[($0 * inputs + input) * outputs + output] / largest }
    }
    var pictures: [Picture] = []
    for output in 0..<outputs where pictures.count < limit {
      if inputs == 3 {
        let planes = (0..<3).map { plane($0, output) }
        let pixels = (0..<height * width).flatMap { pixel in
          planes.map { UInt8((127.5 + 127.5 * $0[pixel]).rounded()) }
        }
        pictures.append(Picture(width: width, height: height, channels: 3, pixels: pixels))
      } else {
        for input in 0..<inputs where pictures.count < limit {
          pictures.append(Picture(values: plane(input, output), rows: height, columns: width, range: -1...1))
        }
      }
    }
    return pictures
  }
}
