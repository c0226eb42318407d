extension Image {
  /// Scaled to the bits of OpenCV's `INTER_LINEAR`: each pixel from its four neighbors, with weights of 11 bits, the sums along rows cut
  /// by 4 bits before they are mixed, their products by 16, and the last two bits rounded.
  func interpolated(height newHeight: Int, width newWidth: Int) -> Image {
    let columns = FixedPointPlaces(from: width, to: newWidth)
    let rows = FixedPointPlaces(from: height, to: newHeight)
    // A place beyond the outermost columns' centers is theirs; beyond the rows' it is a mixture of one row with itself.
    let across = columns.clamped(to: width)
    let row = newWidth * channels
    let result = [UInt8](unsafeUninitializedCapacity: newHeight * row) { output, count in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * row) { mixed in
        // The image's row whose sums are in each half, chosen by the row's parity.
        var held = [-1, -1]
        for y in 0..<newHeight {
          let (upper, lower) = (rows.first(y, height), rows.second(y, height))
          for line in [upper, lower] where held[line & 1] != line {
            mix(
              line, across, into: UnsafeMutableBufferPointer(rebasing: mixed[(line & 1) * row..<(line & 1 + 1) * row]))
            held[line & 1] = line
          }
          let (above, below) = ((upper & 1) * row, (lower & 1) * row)
          let (first, second) = rows.weights[y]
          for x in 0..<row {
            let sum = (first &* (mixed[above &+ x] >> 4)) >> 16 &+ (second &* (mixed[below &+ x] >> 4)) >> 16
            output[y &* row &+ x] = UInt8(clamping: (sum &+ 2) >> 2)
          }
        }
      }
      count = newHeight * row
    }
    return Image(height: newHeight, width: newWidth, channels: channels, pixels: result)
  }

  /// The sums of one row, with 11 bits behind the point.
  private func mix(_ line: Int, _ columns: FixedPointPlaces, into sums: UnsafeMutableBufferPointer<Int32>) {
    pixels.withUnsafeBufferPointer { pixels in
      let start = line * width * channels
      for x in 0..<columns.weights.count {
        let left = start + columns.first(x, width) * channels
        let right = start + columns.second(x, width) * channels
        let (first, second) = columns.weights[x]
        for channel in 0..<channels {
          sums[x &* channels &+ channel] =
            Int32(pixels[left &+ channel]) &* first &+ Int32(pixels[right &+ channel]) &* second
        }
      }
    }
  }
}

/// Where the pixels of another size lie between those of an image, along one axis, and the weights of both neighbors in 2048ths.
private struct FixedPointPlaces {
  private var low: [Int] = []
  private(set) var weights: [(first: Int32, second: Int32)] = []

  /// Pixels are squares whose centers lie at o + ½.
  init(from inputs: Int, to outputs: Int) {
    let scale = Double(inputs) / Double(outputs)
    for output in 0..<outputs {
      let place = Float((Double(output) + 0.5) * scale - 0.5)
      let below = place.rounded(.down)
      low.append(Int(below))
      weights.append(FixedPointPlaces.weights(place - below))
    }
  }

  private static func weights(_ part: Float) -> (Int32, Int32) {
    (Int32(((1 - part) * 2048).rounded(.toNearestOrEven)), Int32((part * 2048).rounded(.toNearestOrEven)))
  }

  func first(_ output: Int, _ size: Int) -> Int { min(max(low[output], 0), size - 1) }
  func second(_ output: Int, _ size: Int) -> Int { min(max(low[output] + 1, 0), size - 1) }

  /// The same with all weight on the outermost pixel where one neighbor is missing.
  func clamped(to size: Int) -> FixedPointPlaces {
    var result = self
    for output in low.indices where low[output] < 0 || low[output] >= size - 1 { result.weights[output] = (2048, 0) }
    return result
  }
}
