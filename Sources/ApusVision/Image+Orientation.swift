extension Image {
  /// The image as it is seen where a file has it in another orientation, numbered as in EXIF (CIPA DC-008, tag 274): 1 is upright, 3 is
  /// upside down, 6 and 8 lie on a side, and 2, 4, 5 and 7 are those mirrored.
  func turned(by orientation: Int) -> Image {
    // Where the first column is on the right or on the lower side, and whether rows stand upright.
    let (flipsX, flipsY, swaps): (Bool, Bool, Bool)
    switch orientation {
    case 2: (flipsX, flipsY, swaps) = (true, false, false)
    case 3: (flipsX, flipsY, swaps) = (true, true, false)
    case 4: (flipsX, flipsY, swaps) = (false, true, false)
    case 5: (flipsX, flipsY, swaps) = (false, false, true)
    case 6: (flipsX, flipsY, swaps) = (false, true, true)
    case 7: (flipsX, flipsY, swaps) = (true, true, true)
    case 8: (flipsX, flipsY, swaps) = (true, false, true)
    default: return self
    }
    let (newHeight, newWidth) = swaps ? (width, height) : (height, width)
    let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { output, count in
      pixels.withUnsafeBufferPointer { pixels in
        for y in 0..<newHeight {
          for x in 0..<newWidth {
            let (fromY, fromX) = swaps ? (x, y) : (y, x)
            let row = flipsY ? height - 1 - fromY : fromY
            let column = flipsX ? width - 1 - fromX : fromX
            for channel in 0..<channels {
              output[(y * newWidth + x) * channels + channel] = pixels[(row * width + column) * channels + channel]
            }
          }
        }
      }
      count = pixels.count
    }
    return Image(height: newHeight, width: newWidth, channels: channels, pixels: turned)
  }
}
