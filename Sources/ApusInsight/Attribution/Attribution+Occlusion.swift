import ApusCore
import ApusLayers

extension Attribution {
  /// How much a class's score falls when a square of the image is covered: f_c(x) − f_c(x covered at (i, j)), `[N, OH, OW]`. Square (i, j)
  /// begins at pixel (i · stride, j · stride); the last of a row or column ends at the image's edge. Zeiler & Fergus 2014.
  ///
  /// - Parameters:
  ///   - size: of the square, in pixels.
  ///   - stride: pixels between squares.
  ///   - fill: what covers, of the normalized image; 0 is the mean of the training images.
  ///   - batchSize: covered copies that the model sees at a time.
  public static func occlusion(
    of model: some Layer, at x: Tensor, classes: [Int], size: some IntOrPairConvertible,
    stride: some IntOrPairConvertible, fill: Double = 0, batchSize: Int = 16
  ) throws -> Tensor {
    let (size, stride) = (size.intOrPair, stride.intOrPair)
    let asked = try AskedClasses(classes, of: model, at: x)
    let (height, width) = (x.shape[1], x.shape[2])
    if !size.isSize || !stride.isSize || size.height > height || size.width > width || batchSize < 1 {
      throw AttributionError(
        "occlusion by squares of \(size), \(stride) apart, expected 1×1...\(height)×\(width), the image's size")
    }
    let rows = starts(height, size.height, stride.height)
    let columns = starts(width, size.width, stride.width)
    let places = rows.flatMap { row in columns.map { (row, $0) } }
    let whole = asked.scores(model(x))
    let maps = (0..<x.shape[0]).map { image in
      let pixels = x.slice(axis: 0, range: image..<image + 1)
      let score = whole.slice(axis: 0, range: image..<image + 1)
      let falls = Swift.stride(from: 0, to: places.count, by: batchSize).map { first in
        let some = places[first..<min(first + batchSize, places.count)]
        let masks = Tensor.concatenated(some.map { mask(height, width, $0, size) }, axis: 0)
        let covered = Tensor.select(masks, .full([], fill, x.scalarType), pixels)
        return score - model(covered).gather(asked.repeated(image, some.count), axis: 1)
      }
      return Tensor.concatenated(falls, axis: 0).reshaped([1, rows.count, columns.count])
    }
    return Tensor.concatenated(maps, axis: 0)
  }

  /// The first pixels of squares along an axis, the last of which ends at its end.
  static func starts(_ length: Int, _ size: Int, _ stride: Int) -> [Int] {
    let last = length - size
    let regular = Array(Swift.stride(from: 0, through: last, by: stride))
    return regular.last == last ? regular : regular + [last]
  }

  /// uint8 [1, H, W, 1]: 1 inside the square.
  private static func mask(_ height: Int, _ width: Int, _ place: (row: Int, column: Int), _ size: IntOrPair) -> Tensor {
    let (rows, columns) = (place.row..<place.row + size.height, place.column..<place.column + size.width)
    return Tensor(
      (0..<height).flatMap { row in
        (0..<width).map { UInt8(rows.contains(row) && columns.contains($0) ? 1 : 0) }
      }, shape: [1, height, width, 1])
  }
}
