import Apus

extension Image {
  /// Gray or RGB from the samples of a file, by the formulas of Pillow's `convert("RGB")`, and where transparency is composed those of its
  /// `alpha_composite`: both round, and the bits are the same.
  init(_ samples: [UInt8], _ header: ImageCodec.Header, alpha: ImageReading.Alpha) {
    let count = header.height * header.width
    let channels = header.channels < 3 ? 1 : 3
    let pixels: [UInt8]
    if header.isCMYK {
      pixels = Image.made(count, 3) { pixel, color in Int(samples[4 * pixel + color]) * Int(samples[4 * pixel + 3]) }
    } else if header.channels == channels {
      pixels = samples
    } else if alpha == .drop {
      let step = header.channels
      pixels = [UInt8](unsafeUninitializedCapacity: count * channels) { output, written in
        samples.withUnsafeBufferPointer { samples in
          for pixel in 0..<count {
            for color in 0..<channels { output[pixel * channels + color] = samples[pixel * step + color] }
          }
        }
        written = count * channels
      }
    } else {
      let step = header.channels
      let background = alpha == .white ? 255 : 0
      pixels = Image.made(count, channels) { pixel, color in
        let opacity = Int(samples[pixel * step + channels])
        return Int(samples[pixel * step + color]) * opacity + background * (255 - opacity)
      }
    }
    self.init(height: header.height, width: header.width, channels: channels, pixels: pixels)
  }
}

extension Image {
  /// Pixels that are products of two bytes, or sums of such, divided by 255 and rounded.
  @inline(__always)
  private static func made(_ count: Int, _ channels: Int, _ product: (_ pixel: Int, _ color: Int) -> Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count * channels) { output, written in
      for pixel in 0..<count {
        for color in 0..<channels {
          let sum = product(pixel, color) + 128
          output[pixel * channels + color] = UInt8((sum + sum >> 8) >> 8)
        }
      }
      written = count * channels
    }
  }
}
