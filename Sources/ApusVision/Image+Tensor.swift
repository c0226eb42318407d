import Apus
import ApusSupport

extension Tensor {
  /// An image as float32 `[1, H, W, C]`: 0 becomes the lower bound of `range` and 255 the upper one. By default these are the bits of
  /// torchvision's `ToTensor`, with channels last.
  public init(_ image: Image, in range: ClosedRange<Float> = 0...1) {
    self.init(shape: [1, image.height, image.width, image.channels], of: Float.self) { buffer in
      image.copy(to: buffer, ByteRange(range))
    }
  }

  /// Images of one size as float32 `[N, H, W, C]`, a byte as a number of `range`.
  ///
  /// - Throws: `DataError` if there is none, or the sizes or channels differ.
  public init(_ images: [Image], in range: ClosedRange<Float> = 0...1) throws(DataError) {
    guard let first = images.first else {
      throw DataError("images of a batch", found: "none", expected: "1 or more")
    }
    let shape = [first.height, first.width, first.channels]
    if let place = images.firstIndex(where: { [$0.height, $0.width, $0.channels] != shape }) {
      let other = images[place]
      throw DataError(
        "images of a batch", found: "\(Shape([other.height, other.width, other.channels])) as image \(place)",
        expected: "\(Shape(shape)), as image 0 has; resize or letterbox them")
    }
    let count = first.pixels.count
    let values = ByteRange(range)
    self.init(shape: Shape([images.count] + shape), of: Float.self) { buffer in
      for (place, image) in images.enumerated() {
        image.copy(to: UnsafeMutableBufferPointer(rebasing: buffer[place * count..<(place + 1) * count]), values)
      }
    }
  }
}

extension Image {
  /// The image in a tensor `[H, W, C]` or `[1, H, W, C]` of one channel or three. Bytes (uint8) are taken as they are. Of float32 the
  /// lower bound of `range` becomes 0 and the upper one 255, rounded; what is outside is cut off, and a NaN is 0.
  public init(_ tensor: Tensor, in range: ClosedRange<Float> = 0...1) {
    let shape = tensor.rank == 4 && tensor.shape[0] == 1 ? Array(tensor.shape.dropFirst()) : Array(tensor.shape)
    if shape.count != 3 || (shape[2] != 1 && shape[2] != 3) || shape[0] < 1 || shape[1] < 1 {
      fatalError("an image from a tensor of shape \(tensor.shape), expected [H, W, C] or [1, H, W, C], C = 1 or 3")
    }
    let pixels: [UInt8]
    if tensor.scalarType == .uint8 {
      pixels = tensor.array(of: UInt8.self)
    } else {
      let scale = 255 / (range.upperBound - range.lowerBound)
      pixels = tensor.withUnsafeScalars(of: Float.self) { values in
        values.map { value in
          let byte = ((value - range.lowerBound) * scale).rounded()
          return byte > 0 ? UInt8(min(byte, 255)) : 0
        }
      }
    }
    self.init(height: shape[0], width: shape[1], channels: shape[2], pixels: pixels)
  }

  fileprivate func copy(to buffer: UnsafeMutableBufferPointer<Float>, _ values: ByteRange) {
    let table = (0...255).map { values[UInt8($0)] }
    table.withUnsafeBufferPointer { table in
      pixels.withUnsafeBufferPointer { pixels in
        for index in 0..<pixels.count { buffer[index] = table[Int(pixels[index])] }
      }
    }
  }
}

/// What bytes stand for: 0 the lower bound of a range, 255 the upper one.
struct ByteRange {
  let lower: Float
  /// Of one byte to the next.
  let step: Float
  private let bounds: ClosedRange<Float>

  init(_ range: ClosedRange<Float>) {
    bounds = range
    lower = range.lowerBound
    step = Float((Double(range.upperBound) - Double(range.lowerBound)) / 255)
  }

  /// Rounded once, so that 0...1 gives the quotients by 255.
  subscript(byte: UInt8) -> Float {
    let (low, high) = (Double(bounds.lowerBound), Double(bounds.upperBound))
    return Float(low + (high - low) * Double(byte) / 255)
  }
}
