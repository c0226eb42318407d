import Apus
import ApusSupport

/// How the pixels of a resized crop are made.
public enum CropSampling: Hashable, Sendable {
  /// Interpolated between the four pixels around its place, those outside of the box included: torchvision's `roi_align` with
  /// `aligned=True, sampling_ratio=1`. Of the whole image it is OpenCV's `INTER_LINEAR` of floats, PyTorch's `interpolate` by `bilinear`.
  case bilinear
  /// The mean of all whole pixels that it touches, of a box rounded to whole pixels and cut at the image's sides: PyTorch's
  /// `interpolate` by `area`. MTCNN's.
  case area
}

extension Image {
  /// Parts of the image, each resized to the same size: float32 `[boxes.count, height, width, C]`, a byte as a number of `range`.
  /// The threads of `Runtime` share the rows of all crops; nothing is allocated per crop.
  ///
  /// - Throws: `DataError` if a box has a side that is no number, no extent, or with `.area` no pixel of the image.
  public func crops(
    _ boxes: [Box], height: Int, width: Int, by sampling: CropSampling = .bilinear, in range: ClosedRange<Float> = 0...1
  ) throws(DataError) -> Tensor {
    if height < 1 || width < 1 { fatalError("crops of \(height)×\(width) pixels, expected 1 or more of each") }
    let areas = try boxes.enumerated().map { index, box throws(DataError) in
      guard let area = PixelArea(box, of: self) else {
        throw DataError(
          "crops", found: "\(box) as box \(index)", expected: "left < right and top < bottom, all finite")
      }
      if sampling == .area && area.isEmpty {
        throw DataError(
          "crops", found: "\(box) as box \(index)",
          expected: "a whole pixel of the image of \(self.height)×\(self.width)")
      }
      return area
    }
    let crops = CropRows(image: self, height: height, width: width, values: ByteRange(range))
    let shape: Shape = [boxes.count, height, width, channels]
    return Tensor(shape: shape, of: Float.self) { buffer in
      guard let output = buffer.baseAddress else { return }
      let target = CropTarget(output)
      Runtime.parallel(boxes.count * height, grain: max(1, 4096 / width)) { rows in
        pixels.withUnsafeBufferPointer { pixels in
          switch sampling {
          case .bilinear: crops.interpolate(rows, of: boxes, from: pixels, to: target.pointer)
          case .area: crops.average(rows, of: areas, from: pixels, to: target.pointer)
          }
        }
      }
    }
  }
}

/// Where crops are written. `@unchecked Sendable`: each thread writes rows of its own.
private struct CropTarget: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>

  init(_ pointer: UnsafeMutablePointer<Float>) { self.pointer = pointer }
}

/// A box in whole pixels of an image.
private struct PixelArea {
  let rows: Range<Int>
  let columns: Range<Int>

  var isEmpty: Bool { rows.isEmpty || columns.isEmpty }

  init?(_ box: Box, of image: Image) {
    guard box.left < box.right, box.top < box.bottom, box.width.isFinite, box.height.isFinite else { return nil }
    func inside(_ value: Float, _ size: Int) -> Int { Int(min(max(value.rounded(), 0), Float(size))) }
    rows = inside(box.top, image.height)..<inside(box.bottom, image.height)
    columns = inside(box.left, image.width)..<inside(box.right, image.width)
  }
}

/// Makes rows of crops: row r of all is row r mod `height` of crop r / `height`.
private struct CropRows {
  private let imageHeight: Int
  private let imageWidth: Int
  private let channels: Int
  private let height: Int
  private let width: Int
  private let values: ByteRange

  init(image: Image, height: Int, width: Int, values: ByteRange) {
    (imageHeight, imageWidth, channels) = (image.height, image.width, image.channels)
    (self.height, self.width, self.values) = (height, width, values)
  }

  /// The cell of an output is ⌊o · n / outputs⌋ ..< ⌈(o + 1) · n / outputs⌉ of n pixels. Sums of bytes are exact.
  func average(
    _ rows: Range<Int>, of areas: [PixelArea], from pixels: UnsafeBufferPointer<UInt8>,
    to output: UnsafeMutablePointer<Float>
  ) {
    let widest =
      rows.isEmpty
      ? 0 : areas[rows.lowerBound / height...(rows.upperBound - 1) / height].map(\.columns.count).max() ?? 0
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: widest * channels) { sums in
      for row in rows {
        let area = areas[row / height]
        let (cellTop, cellBottom) = cell(row % height, of: area.rows.count, outputs: height)
        let count = area.columns.count * channels
        for x in 0..<count { sums[x] = 0 }
        for y in cellTop..<cellBottom {
          let start = ((area.rows.lowerBound + y) * imageWidth + area.columns.lowerBound) * channels
          for x in 0..<count { sums[x] &+= UInt32(truncatingIfNeeded: pixels[start &+ x]) }
        }
        let target = output + row * width * channels
        for column in 0..<width {
          let (left, right) = cell(column, of: area.columns.count, outputs: width)
          let size = Float((cellBottom - cellTop) * (right - left))
          for channel in 0..<channels {
            var sum: UInt32 = 0
            for x in left..<right { sum &+= sums[x &* channels &+ channel] }
            target[column * channels + channel] = Float(sum) / size * values.step + values.lower
          }
        }
      }
    }
  }

  private func cell(_ output: Int, of size: Int, outputs: Int) -> (Int, Int) {
    (output * size / outputs, ((output + 1) * size + outputs - 1) / outputs)
  }

  /// Centers of outputs lie evenly in the box; places beyond the outermost pixels' centers take these.
  func interpolate(
    _ rows: Range<Int>, of boxes: [Box], from pixels: UnsafeBufferPointer<UInt8>, to output: UnsafeMutablePointer<Float>
  ) {
    withUnsafeTemporaryAllocation(of: Place.self, capacity: width) { columns in
      var current = -1
      for row in rows {
        let box = boxes[row / height]
        if row / height != current {
          current = row / height
          for column in 0..<width {
            columns[column] = place(column, from: box.left, length: box.width, outputs: width, of: imageWidth)
          }
        }
        let y = place(row % height, from: box.top, length: box.height, outputs: height, of: imageHeight)
        let (upper, lower) = (y.low * imageWidth * channels, y.high * imageWidth * channels)
        let target = output + row * width * channels
        for column in 0..<width {
          let x = columns[column]
          let (left, right) = (x.low * channels, x.high * channels)
          for channel in 0..<channels {
            let above = mix(pixels[upper + left + channel], pixels[upper + right + channel], x.part)
            let below = mix(pixels[lower + left + channel], pixels[lower + right + channel], x.part)
            target[column * channels + channel] = (above + (below - above) * y.part) * values.step + values.lower
          }
        }
      }
    }
  }

  private func mix(_ a: UInt8, _ b: UInt8, _ part: Float) -> Float {
    Float(a) + (Float(b) - Float(a)) * part
  }

  /// Two neighbors, and how far it is from the first to the second.
  private struct Place {
    var low: Int
    var high: Int
    var part: Float
  }

  private func place(_ output: Int, from start: Float, length: Float, outputs: Int, of size: Int) -> Place {
    let center = Double(start) + (Double(output) + 0.5) * Double(length) / Double(outputs) - 0.5
    let inside = min(max(center, 0), Double(size - 1))
    let low = Int(inside)
    return Place(low: low, high: min(low + 1, size - 1), part: Float(inside - Double(low)))
  }
}
